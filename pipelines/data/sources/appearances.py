"""What a folder looks like where it is no folder of class folders.

It is said what was found and what the way out is: a folder one level too deep,
parts that hold pictures without classes, pictures beside masks or boxes,
a table, an archive that is still packed.
"""

import collections
import os
import pathlib
from collections.abc import Iterable

from pipelines.data.sources.containers import TABLES
from pipelines.data.sources.containers import container_of
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import part_of
from pipelines.data.sources.layout import visible_folders
from pipelines.data.sources.scan import EXTENSIONS
from pipelines.data.sources.scan import is_system
from pipelines.data.spelling import folded
from pipelines.data.spelling import words
from zoo.errors import DataError

_PICTURES = frozenset(
    ("images", "image", "imgs", "img", "jpegimages", "pictures", "photos")
)
_MASKS = frozenset(
    (
        "mask", "masks", "segmentation", "segmentations", "segmentationclass",
        "segmentationobject", "groundtruth", "gt",
    )
)  # fmt: skip
_BOXES = frozenset(
    ("labels", "annotations", "annotation", "imagesets", "boxes", "bboxes")
)
_SHOWN = 5
# Of a folder of very many files not all are looked at.
_LOOKED_AT = 10_000


def check_appearance(
    root: pathlib.Path, names: Iterable[str], *, whole: bool
) -> None:
    """Refuses folders that look like something else than classes.

    Args:
        root: The folder of the class folders.
        names: Those folders' names.
        whole: Whether it is the data folder itself, not one of its parts.

    Raises:
        DataError: Says what it looks like, and what to do.
    """
    names = list(names)
    if len(names) == 1:
        _check_too_deep(root, names[0])
    _check_kinds(root, names)
    if whole:
        _check_flat_parts(root, names)
    _check_shared(root, names)


def instead_of_classes(root: pathlib.Path) -> str:
    """Says what a folder without class folders holds, and the way out.

    Returns:
        A sentence, empty where it holds nothing that says anything.
    """
    root, found = pathlib.Path(root), collections.Counter()
    table, pictures = "", 0
    for name in _files(root):
        kind = container_of(name)
        pictures += name.lower().endswith(EXTENSIONS)
        if kind in TABLES and not table:
            table = name
        elif kind and kind not in TABLES:
            found[kind] += 1
    said = []
    if pictures:
        said.append(f"It holds {pictures} pictures and no folders.")
    if table:
        said.append(
            f"It holds the table {table}, which may say their classes: "
            f"`data={root / table}`."
        )
    for kind, count in found.items():
        said.append(f"It holds {kind.described(count)}. {kind.remedy}")
    return " ".join(said)


def _check_too_deep(root, name) -> None:
    inner = visible_folders(root / name)
    if inner and not holds_pictures(root / name):
        raise DataError(
            f"{root} holds one folder only, {name}, which holds "
            f"{len(inner)} folders ({_some(inner)}): the data lies one level "
            f"deeper. Give `data={root / name}`."
        )


def _check_kinds(root, names) -> None:
    known = {folded(name): name for name in names}
    pictures = [known[name] for name in known if name in _PICTURES]
    masks = [name for name in names if _MASKS & set(words(name))]
    boxes = [known[name] for name in known if name in _BOXES]
    if pictures and (masks or boxes):
        what = "masks" if masks else "boxes or labels"
        raise DataError(
            f"{root} holds {_some([*pictures, *masks, *boxes])}: pictures and "
            f"their {what}, no classes. Expected one sub-folder of pictures "
            "for each class; where a table says the class of each picture, "
            "give that as `data`."
        )


def _check_flat_parts(root, names) -> None:
    """Refuses parts whose pictures lie in no class folders."""
    parts = {name: part_of(name) for name in names}
    sure = {
        name: part for name, (part, rest) in parts.items() if part and not rest
    }
    # Trains are a class, beside buses and cars.
    trains = [name for name in sure if words(name) in (["train"], ["trains"])]
    if not sure or (len(names) > 1 and list(sure) == trains[:1]):
        return
    name = min(sure, key=lambda name: sure[name] != TRAIN)
    way_out = f"{instead_of_classes(root / name)} {_table_in(root)}".strip()
    others = len(names) - len(sure)
    raise DataError(
        f"{root / name} is called as a part of a data set ({sure[name]}), but "
        f"holds no class folders"
        + (f", beside {others} other folders" if others else "")
        + ". Expected one sub-folder of pictures for each class in it; or "
        f"another name, where it is a class. {way_out}".rstrip()
    )


def _table_in(root) -> str:
    """Names a table that lies in a folder, in a sentence, or returns ""."""
    tables = [name for name in _files(root) if container_of(name) in TABLES]
    if not tables:
        return ""
    return f"The table {tables[0]} may say more: `data={root / tables[0]}`."


def _check_shared(root, names) -> None:
    """Refuses "classes" that hold nothing but folders of the same names."""
    if len(names) < 2:
        return
    holders = collections.Counter()
    for name in names:
        inner = visible_folders(root / name)
        if not inner or holds_pictures(root / name):
            return
        holders.update(set(map(folded, inner)))
    shared = sorted(name for name, count in holders.items() if count > 1)
    if len(shared) > 1:
        raise DataError(
            f"{root} holds {_some(names)}, which hold no pictures but folders "
            f"of the same names ({_some(shared)}): they look like parts of a "
            f"set, not like classes. Call them {TRAIN}, val and test, or give "
            f"one of them, such as `data={root / names[0]}`."
        )


def holds_pictures(folder) -> bool:
    """Says whether pictures lie in a folder itself."""
    return any(name.lower().endswith(EXTENSIONS) for name in _files(folder))


def flat_pictures(folder) -> int:
    """Returns how many pictures lie in a folder that holds no folders."""
    if visible_folders(folder):
        return 0
    return sum(name.lower().endswith(EXTENSIONS) for name in _files(folder))


def _files(folder):
    try:
        with os.scandir(str(folder)) as entries:
            for _, entry in zip(range(_LOOKED_AT), entries, strict=False):
                hidden = entry.name.startswith(".") or is_system(entry.name)
                if not hidden and entry.is_file():
                    yield entry.name
    except OSError:
        return


def _some(names) -> str:
    names = list(names)
    more = ", …" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
