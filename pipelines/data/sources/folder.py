"""Pictures in folders: `root/<class>/*` or `root/<part>/<class>/*`."""

import collections
import itertools
import pathlib

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.holding_out import hold_out
from pipelines.data.names import Paths
from pipelines.data.sources.appearances import check_appearance
from pipelines.data.sources.appearances import flat_pictures
from pipelines.data.sources.appearances import instead_of_classes
from pipelines.data.sources.containers import kind_of_file
from pipelines.data.sources.described import DATA_HELP
from pipelines.data.sources.files import examples_of_files
from pipelines.data.sources.layout import TEST
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.layout import WHOLE
from pipelines.data.sources.layout import every_part
from pipelines.data.sources.layout import find_parts
from pipelines.data.sources.layout import named_part
from pipelines.data.sources.scan import EXTENSIONS
from pipelines.data.sources.scan import Scan
from pipelines.data.sources.unread import Unread
from pipelines.data.spelling import canonical
from pipelines.data.spelling import folded
from pipelines.data.spelling import problem_of
from pipelines.data.spelling import shown
from zoo.errors import DataError
from zoo.errors import RequestError


def open_folder(
    root,
    *,
    seed: int | None = 0,
    allow_outside_links: bool = False,
    least_classes: int = 2,
    progress=None,
) -> Splits:
    """Opens a folder of pictures.

    A folder that has a training part and one to judge by is taken as it is
    (`pipelines.data.sources.layout` says what they may be called); otherwise
    a fifth of every class is split off, and `note` says so. Hidden files and
    files that are no pictures by their name are passed over (an audit lists
    them).

    Args:
        root: The folder.
        seed: Decides the split, where one has to be made.
        allow_outside_links: Whether links may lead out of the folder.
        least_classes: How many there have to be.
        progress: Called with numbers done and in all, where a split is made.

    Raises:
        RequestError: There is no such folder.
        DataError: It holds no pictures, or of one class only, or looks like
            something else than classes, or a link leads nowhere or out of
            it.
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
    if VALIDATION in parts:
        held_out = read_class_folders(
            parts[VALIDATION], train.class_names, **options
        )
        return Splits(train, held_out)
    splits = hold_out(train, place, seed, progress=progress)
    return splits.noted(_unlabelled(root))


def _unlabelled(root) -> str:
    """Says that a test part has no classes, as in many competitions."""
    test = every_part(root).get(TEST)
    count = flat_pictures(test) if test else 0
    if not count:
        return ""
    return (
        f"{test} holds {count} pictures without class folders: nothing is "
        "judged by them; the command predict says what is on them."
    )


def open_whole_folder(
    root, *, allow_outside_links: bool = False, part: str | None = None
) -> Examples:
    """Opens a folder to be judged by: its held-out part, else all of it.

    Args:
        root: The folder.
        allow_outside_links: Whether links may lead out of it.
        part: `"train"`, `"val"` or `"test"` for that part alone.

    Raises:
        RequestError: There is no such folder, or no such part.
        DataError: It holds no pictures.
    """
    root = _existing(root)
    if part:
        place = named_part(root, part)
    else:
        parts = find_parts(root)
        place = next(
            parts[each] for each in (VALIDATION, TRAIN, WHOLE) if each in parts
        )
    return read_class_folders(
        place, home=root, allow_outside_links=allow_outside_links
    )


def _existing(root) -> pathlib.Path:
    root = pathlib.Path(root)
    if root.is_dir():
        return root
    kind = kind_of_file(root.name) if root.exists() else None
    if kind:
        raise RequestError(
            f"`data={root}` is a {kind.name} file, not a folder. {kind.remedy}"
        )
    said = f"`data`: there is no folder {root}."
    if root.exists():
        said = f"`data={root}` is a file of an unknown kind, not a folder."
    raise RequestError(f"{said} Expected: {DATA_HELP}")


def class_folders(root, found, expected=None) -> dict[str, str]:
    """Returns the folders of the classes, by what the classes are called.

    Names are compared in one Unicode form and without blanks at their ends;
    where classes are expected, also without regard to capitals.

    Args:
        root: The folder that they lie in.
        found: Their names there.
        expected: The classes that they should be.

    Raises:
        DataError: Two folders have one name, or a name is not text.
    """
    folders = {}
    known = set(expected or ())
    capitals = collections.defaultdict(list)
    for name in known:
        capitals[folded(name)].append(name)
    for each in found:
        name = canonical(each)
        if name not in known and len(capitals[folded(each)]) == 1:
            (name,) = capitals[folded(each)]
        if problem := problem_of(name):
            raise DataError(
                f"{root} has a folder {shown(each)} that cannot be a class: "
                f"{problem}. Rename it."
            )
        if name in folders:
            raise DataError(
                f"{root} has two folders for the class {name!r}, written "
                f"{folders[name]!a} and {each!a}. Put their "
                "pictures into one."
            )
        folders[name] = each
    return folders


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
            is not expected, folders that are no classes, or a link that
            leads nowhere or out.
    """
    unread = Unread(root)
    scan = Scan(str(root), str(home or root), allow_outside_links, unread)
    found = scan.classes()
    if class_names is None:
        check_appearance(root, found, whole=root == (home or root))
    folders = class_folders(root, found, class_names)
    _check_classes(root, folders, class_names, least_classes)
    names = tuple(class_names or sorted(folders))
    counts = []

    def pictures(name):
        paths = list(scan.pictures(str(root / folders[name])))
        if not paths and class_names is None:
            left = unread.words_in(root / folders[name])
            raise DataError(
                f"{root / folders[name]} holds no pictures "
                f"({', '.join(EXTENSIONS)}). Add some or remove the folder."
                + (f" In it, {left}." if left else "")
            )
        counts.append(len(paths))
        return paths

    present = [label for label, name in enumerate(names) if name in folders]
    paths = Paths.of(
        itertools.chain.from_iterable(pictures(names[i]) for i in present)
    )
    if not len(paths):
        raise DataError(f"{root} holds no pictures.")
    unread.say(len(paths))
    labels = np.repeat(np.asarray(present, "int32"), counts)
    return examples_of_files(paths, labels, names)


def _check_classes(root, found, expected, least) -> None:
    if not found:
        words = instead_of_classes(root)
        raise DataError(
            f"{root} has no class folders. Expected one sub-folder of "
            f"pictures ({', '.join(EXTENSIONS)}) for each class. {words}"
            "".rstrip()
        )
    if expected is None and len(found) < least:
        raise DataError(
            f"{root} has one class only, {next(iter(found))!r}. Expected at "
            "least two sub-folders, one for each class."
        )
    unknown = sorted(set(found) - set(expected or found))
    if unknown:
        raise DataError(
            f"{root} has classes that the training part lacks: "
            f"{', '.join(unknown)}. Expected: {', '.join(expected)}."
        )
