"""Pictures in folders: `root/<class>/*` or `root/<part>/<class>/*`."""

import os
import pathlib
from concurrent import futures

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.examples import stratified_split
from zoo.errors import DataError
from zoo.errors import RequestError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
TRAINING_PARTS = ("train", "training")
VALIDATION_PARTS = ("val", "validation", "valid", "test")
VALIDATION_FRACTION = 0.2


def open_folder(root, *, seed: int = 0) -> Splits:
    """Opens a folder of pictures.

    A folder that has a training part and one named `val`, `validation`,
    `valid` or `test` is taken as it is; otherwise a fifth of every class is
    split off, and `note` says so. Hidden files and files that are no
    pictures by their name are passed over.

    Args:
        root: The folder.
        seed: Decides the split, where one has to be made.

    Raises:
        RequestError: There is no such folder.
        DataError: It holds no pictures, or of one class only.
    """
    root = pathlib.Path(root)
    if not root.is_dir():
        raise RequestError(
            f"--data: there is no folder {root}. Expected a folder with one "
            "sub-folder of pictures for each class, 'herbarium' or "
            "'tfds:NAME'."
        )
    training = _part(root, TRAINING_PARTS)
    validation = _part(root, VALIDATION_PARTS)
    if training is None and validation is None:
        return _split(read_class_folders(root), root, seed)
    if training is None:
        return Splits(None, read_class_folders(validation))
    train = read_class_folders(training)
    if validation is None:
        return _split(train, training, seed)
    return Splits(train, read_class_folders(validation, train.class_names))


def open_whole_folder(root) -> Examples:
    """Opens a folder to be judged by: its held-out part, else all of it.

    Raises:
        RequestError: There is no such folder.
        DataError: It holds no pictures.
    """
    root = pathlib.Path(root)
    if not root.is_dir():
        raise RequestError(f"--data: there is no folder {root}.")
    part = _part(root, VALIDATION_PARTS) or _part(root, TRAINING_PARTS)
    return read_class_folders(part or root)


def _part(root: pathlib.Path, names) -> pathlib.Path | None:
    for name in names:
        if (root / name).is_dir():
            return root / name
    return None


def _split(examples: Examples, root, seed) -> Splits:
    lonely = np.flatnonzero(examples.counts() < 2)
    if len(lonely):
        raise DataError(
            f"{root}: the class {examples.class_names[lonely[0]]!r} has one "
            "picture; at least 2 are needed, one to learn from and one to "
            "judge by. Add pictures or remove the class."
        )
    train, validation = stratified_split(examples, VALIDATION_FRACTION, seed)
    return Splits(
        train,
        validation,
        f"{root} has no validation part: held out {len(validation)} of its "
        f"{len(examples)} pictures, {VALIDATION_FRACTION:.0%} of every class "
        f"(seed {seed}).",
    )


def read_class_folders(
    root: pathlib.Path, class_names: tuple[str, ...] | None = None
) -> Examples:
    """Lists the pictures of `root/<class>/**`, classes in sorted order.

    Args:
        root: The folder of the class folders.
        class_names: The classes expected, in label order; those found where
            None.

    Raises:
        DataError: No pictures, an empty class, one class only, or a class
            that is not expected.
    """
    found = sorted(
        entry.name
        for entry in os.scandir(root)
        if entry.is_dir() and not entry.name.startswith(".")
    )
    if not found:
        raise DataError(
            f"{root} has no class folders. Expected one sub-folder of "
            f"pictures ({', '.join(EXTENSIONS)}) for each class."
        )
    if class_names is None and len(found) < 2:
        raise DataError(
            f"{root} has one class only, {found[0]!r}. Expected at least two "
            "sub-folders, one for each class."
        )
    unknown = sorted(set(found) - set(class_names or found))
    if unknown:
        raise DataError(
            f"{root} has classes that the training part lacks: "
            f"{', '.join(unknown)}. Expected: {', '.join(class_names)}."
        )
    names = tuple(class_names or found)
    paths, labels = [], []
    for label, name in enumerate(names):
        pictures = _pictures(root / name)
        if not pictures and class_names is None:
            raise DataError(
                f"{root / name} holds no pictures ({', '.join(EXTENSIONS)}). "
                "Add some or remove the folder."
            )
        paths += pictures
        labels += [label] * len(pictures)
    if not paths:
        raise DataError(f"{root} holds no pictures.")
    return Examples(
        tuple(paths),
        np.asarray(labels, dtype="int32"),
        names,
        lambda wanted: read_files([paths[i] for i in wanted]),
    )


def _pictures(folder: pathlib.Path) -> list[str]:
    pictures = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        pictures += [
            os.path.join(place, file)
            for file in sorted(files)
            if file.lower().endswith(EXTENSIONS) and not file.startswith(".")
        ]
    return pictures


def read_files(paths: list[str]) -> list[bytes]:
    """Reads many small files at once."""

    def read(path):
        with open(path, "rb") as file:
            return file.read()

    if len(paths) < 32:
        return [read(path) for path in paths]
    with futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(read, paths, chunksize=64))
