"""Pictures in folders: `root/<class>/*` or `root/<part>/<class>/*`."""

import itertools
import pathlib

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.examples import stratified_split
from pipelines.data.names import Paths
from pipelines.data.sources.described import DATA_HELP
from pipelines.data.sources.files import examples_of_files
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.layout import WHOLE
from pipelines.data.sources.layout import find_parts
from pipelines.data.sources.scan import EXTENSIONS
from pipelines.data.sources.scan import Scan
from zoo.errors import DataError
from zoo.errors import RequestError

VALIDATION_FRACTION = 0.2


def open_folder(
    root,
    *,
    seed: int = 0,
    allow_outside_links: bool = False,
    least_classes: int = 2,
) -> Splits:
    """Opens a folder of pictures.

    A folder that has a training part and one named `val`, `validation`,
    `valid` or `test` is taken as it is; otherwise a fifth of every class is
    split off, and `note` says so. Hidden files and files that are no
    pictures by their name are passed over (an audit lists them).

    Args:
        root: The folder.
        seed: Decides the split, where one has to be made.
        allow_outside_links: Whether links may lead out of the folder.
        least_classes: How many there have to be.

    Raises:
        RequestError: There is no such folder.
        DataError: It holds no pictures, or of one class only, or a link
            leads nowhere or out of it.
    """
    root = _existing(root)
    parts = find_parts(root)
    options = {
        "home": root,
        "allow_outside_links": allow_outside_links,
        "least_classes": least_classes,
    }
    if TRAIN not in parts and VALIDATION in parts:
        return Splits(None, read_class_folders(parts[VALIDATION], **options))
    place = parts.get(TRAIN, root)
    train = read_class_folders(place, **options)
    if VALIDATION not in parts:
        return hold_out(train, place, seed)
    held_out = read_class_folders(
        parts[VALIDATION], train.class_names, **options
    )
    return Splits(train, held_out)


def open_whole_folder(root, *, allow_outside_links: bool = False) -> Examples:
    """Opens a folder to be judged by: its held-out part, else all of it.

    Raises:
        RequestError: There is no such folder.
        DataError: It holds no pictures.
    """
    root = _existing(root)
    parts = find_parts(root)
    place = next(
        parts[part] for part in (VALIDATION, TRAIN, WHOLE) if part in parts
    )
    return read_class_folders(
        place, home=root, allow_outside_links=allow_outside_links
    )


def _existing(root) -> pathlib.Path:
    root = pathlib.Path(root)
    if not root.is_dir():
        raise RequestError(
            f"`data`: there is no folder {root}. Expected: {DATA_HELP}"
        )
    return root


def hold_out(examples: Examples, data, seed: int) -> Splits:
    """Splits a fifth of every class off, and says so.

    Args:
        examples: All pictures.
        data: What they come from, for messages.
        seed: Decides the split.

    Raises:
        DataError: A class has one picture only.
    """
    lonely = np.flatnonzero(examples.counts() == 1)
    if len(lonely):
        raise DataError(
            f"{data}: the class {examples.class_names[lonely[0]]!r} has one "
            "picture; at least 2 are needed, one to learn from and one to "
            "judge by. Add pictures or remove the class."
        )
    train, validation = stratified_split(examples, VALIDATION_FRACTION, seed)
    return Splits(
        train,
        validation,
        f"{data} has no validation part: held out {len(validation)} of its "
        f"{len(examples)} pictures, {VALIDATION_FRACTION:.0%} of every class "
        f"(seed {seed}).",
        split_off=True,
    )


def read_class_folders(
    root: pathlib.Path,
    class_names: tuple[str, ...] | None = None,
    *,
    home: pathlib.Path | None = None,
    allow_outside_links: bool = False,
    least_classes: int = 2,
) -> Examples:
    """Lists the pictures of `root/<class>/**`, classes in sorted order.

    Args:
        root: The folder of the class folders.
        class_names: The classes expected, in label order; those found where
            None.
        home: The folder that links may lead to; `root` where None.
        allow_outside_links: Whether they may lead anywhere.
        least_classes: How many there have to be.

    Raises:
        DataError: No pictures, an empty class, one class only, a class that
            is not expected, or a link that leads nowhere or out.
    """
    scan = Scan(str(root), str(home or root), allow_outside_links)
    found = scan.classes()
    _check_classes(root, found, class_names, least_classes)
    names = tuple(class_names or found)
    counts = []

    def pictures(name):
        paths = list(scan.pictures(str(root / name)))
        if not paths and class_names is None:
            raise DataError(
                f"{root / name} holds no pictures ({', '.join(EXTENSIONS)}). "
                "Add some or remove the folder."
            )
        counts.append(len(paths))
        return paths

    known = set(found)
    present = [label for label, name in enumerate(names) if name in known]
    paths = Paths.of(
        itertools.chain.from_iterable(pictures(names[i]) for i in present)
    )
    if not len(paths):
        raise DataError(f"{root} holds no pictures.")
    labels = np.repeat(np.asarray(present, "int32"), counts)
    return examples_of_files(paths, labels, names)


def _check_classes(root, found, expected, least) -> None:
    if not found:
        raise DataError(
            f"{root} has no class folders. Expected one sub-folder of "
            f"pictures ({', '.join(EXTENSIONS)}) for each class."
        )
    if expected is None and len(found) < least:
        raise DataError(
            f"{root} has one class only, {found[0]!r}. Expected at least two "
            "sub-folders, one for each class."
        )
    unknown = sorted(set(found) - set(expected or found))
    if unknown:
        raise DataError(
            f"{root} has classes that the training part lacks: "
            f"{', '.join(unknown)}. Expected: {', '.join(expected)}."
        )
