"""A CSV manifest: `path,label[,split][,size][,sha256]`, a row a picture.

Paths start from the file's own folder, or from `/`. A label is the name of a
class; where all labels are numbers, they count the classes from 0 or from 1.
Beside `photos.csv` there may lie `photos.classes.json`, the list of the class
names in label order; labels are then names out of it, or places in it.
"""

import json
import os
import pathlib

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.names import Paths
from pipelines.data.names import shortest
from pipelines.data.sources.csv_table import CsvTable
from pipelines.data.sources.csv_table import read_table
from pipelines.data.sources.files import examples_of_files
from pipelines.data.sources.folder import hold_out
from pipelines.data.sources.layout import TRAINING_PARTS
from pipelines.data.sources.layout import VALIDATION_PARTS
from pipelines.data.sources.manifest import classes_path
from zoo.errors import DataError
from zoo.errors import RequestError

# Looking for every file of more rows would take long before the first step.
LOOKED_FOR = 100_000
_SAMPLED = 1000
_SHOWN = 5


def open_csv(path, *, seed: int = 0) -> Splits:
    """Opens a CSV manifest.

    Rows without a split are taken as training pictures, of which a fifth of
    every class is split off. Where there are hashes, a file that has changed
    is refused when it is read.

    Args:
        path: The file.
        seed: Decides the split, where one has to be made.

    Raises:
        RequestError: There is no such file.
        DataError: It cannot be trained on; names the row.
    """
    table, everything = _open(path)
    parts = _parts(table)
    train, validation = parts.get(TRAINING_PARTS[0]), _held_out(parts)
    if train is None and validation is not None:
        return Splits(None, everything.subset(validation))
    if validation is None:
        learned = everything if train is None else everything.subset(train)
        return hold_out(learned, path, seed)
    _check_known(table, everything, train, validation)
    note = _note(table, everything)
    return Splits(everything.subset(train), everything.subset(validation), note)


def open_whole_csv(path) -> Examples:
    """Opens a CSV manifest to be judged by: its held-out part, else all.

    Raises:
        RequestError: There is no such file.
        DataError: It lists no pictures, or a row is wrong.
    """
    table, everything = _open(path)
    held_out = _held_out(_parts(table))
    return everything if held_out is None else everything.subset(held_out)


def _open(path) -> tuple[CsvTable, Examples]:
    if not pathlib.Path(path).is_file():
        raise RequestError(f"`data`: there is no manifest {path}.")
    table = read_table(path)
    _check_paths(table)
    class_names, labels = _classes(table)
    paths = Paths(table.paths, os.path.dirname(path))
    _check_files(table, paths)
    return table, examples_of_files(paths, labels, class_names, table.sha256)


def _parts(table: CsvTable) -> dict[str, np.ndarray]:
    """Returns the rows of each part, by the first of its usual names."""
    if table.splits is None:
        return {}
    parts = {}
    for code, name in enumerate(table.split_names):
        rows = shortest(np.flatnonzero(table.splits == code), len(table))
        if name not in TRAINING_PARTS + VALIDATION_PARTS:
            expected = ", ".join(TRAINING_PARTS + VALIDATION_PARTS)
            table.refuse(
                rows[0], f"there is no split {name!r}. Expected: {expected}"
            )
        parts["train" if name in TRAINING_PARTS else name] = rows
    return parts


def _held_out(parts) -> np.ndarray | None:
    return next(
        (parts[name] for name in VALIDATION_PARTS if name in parts), None
    )


def _check_known(
    table: CsvTable, everything: Examples, train, validation
) -> None:
    """Refuses to judge by classes that are not learned."""
    learned = np.zeros(len(everything.class_names), bool)
    learned[everything.labels[train]] = True
    foreign = validation[~learned[everything.labels[validation]]]
    if not len(foreign):
        return
    labels = np.unique(everything.labels[foreign])
    names = [everything.class_names[label] for label in labels]
    table.refuse(
        foreign[0],
        "the validation part has classes that the training part lacks: "
        f"{', '.join(names[:_SHOWN])}. Give each at least one training "
        "picture, or take its rows out.",
    )


def _note(table: CsvTable, everything: Examples) -> str:
    empty = np.flatnonzero(everything.counts() == 0)
    if not len(empty):
        return ""
    names = [everything.class_names[i] for i in empty[:_SHOWN]]
    return f"{table.file}: {len(empty)} classes have no pictures: " + (
        ", ".join(names) + (" …" if len(empty) > _SHOWN else "")
    )


def _classes(table: CsvTable) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns the class names and the rows' places in them."""
    listed = classes_path(table.file)
    if listed.exists():
        names = _read_names(listed)
        places = _places_in(table, names)
    else:
        names = _sorted_names(table)
        place_of = {name: place for place, name in enumerate(names)}
        places = [place_of[name] for name in table.label_names]
    if len(names) < 2:
        raise DataError(
            f"{table.file} has one class only, {names[0]!r}. Expected at "
            "least two."
        )
    return names, np.asarray(places, "int32")[table.labels]


def _read_names(path: pathlib.Path) -> tuple[str, ...]:
    try:
        names = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path} is no JSON: {error}") from error
    if (
        not isinstance(names, list)
        or not names
        or not all(isinstance(name, str) for name in names)
        or len(set(names)) < len(names)
    ):
        raise DataError(f"{path}: expected a list of different class names.")
    return tuple(names)


def _places_in(table: CsvTable, names: tuple[str, ...]) -> list[int]:
    known = {name: place for place, name in enumerate(names)}
    for code, label in enumerate(table.label_names):
        if label in known:
            continue
        if _is_number(label) and 0 <= int(label) < len(names):
            known[label] = int(label)
            continue
        table.refuse(
            _first(table, code),
            f"there is no class {label!r}. Expected a name in "
            f"{classes_path(table.file)}, or a number in "
            f"0…{len(names) - 1}.",
        )
    return [known[label] for label in table.label_names]


def _sorted_names(table: CsvTable) -> tuple[str, ...]:
    """Sorts labels as text, or as numbers where all of them are."""
    labels = table.label_names
    if "" in labels:
        table.refuse(_first(table, labels.index("")), "the label is empty")
    if not all(map(_is_number, labels)):
        return tuple(sorted(labels))
    numbers = sorted(map(int, labels))
    # Counting starts at 0 or 1; a hole in it is a mistake more often than
    # a class without pictures.
    start = 1 if numbers[0] == 1 else 0
    for expected, number in enumerate(numbers, start):
        if number != expected:
            wrong = next(i for i, x in enumerate(labels) if int(x) == number)
            table.refuse(
                _first(table, wrong),
                f"the label {number} is out of range: no row has the label "
                f"{expected}. Expected every number from 0 (or 1) up, or "
                f"class names in {classes_path(table.file)}.",
            )
    return tuple(map(str, numbers))


def _is_number(label: str) -> bool:
    digits = label.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and str(int(label)) == label


def _first(table: CsvTable, code: int) -> int:
    return int(np.argmax(table.labels == code))


def _check_paths(table: CsvTable) -> None:
    """Refuses empty paths, and paths that come twice."""
    lengths = table.paths.lengths()
    if not lengths.all():
        table.refuse(int(np.argmin(lengths)), "the path is empty")
    hashes = _hashes(table)
    hashes.sort()
    suspects = np.unique(hashes[:-1][hashes[1:] == hashes[:-1]])
    if not len(suspects):
        return
    first = {}
    for row in np.flatnonzero(np.isin(_hashes(table), suspects)).tolist():
        path = table.paths[row]
        if first.setdefault(path, row) != row:
            table.refuse(row, f"{os.fsdecode(path)} is listed already")


def _hashes(table: CsvTable) -> np.ndarray:
    return np.fromiter(map(hash, table.paths), "int64", len(table))


def _check_files(table: CsvTable, paths: Paths) -> None:
    """Looks for the files: all of them, or a sample of very many."""
    rows = range(len(paths))
    if len(paths) > LOOKED_FOR:
        rows = np.linspace(0, len(paths) - 1, _SAMPLED).astype(int)
    for row in map(int, rows):
        try:
            size = os.stat(paths[row]).st_size
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            table.refuse(row, f"there is no file {paths[row]} ({reason})")
        if table.sizes is not None and size != table.sizes[row]:
            table.refuse(
                row,
                f"{paths[row]} is not the file that the manifest lists: "
                f"expected {table.sizes[row]} bytes, received {size}",
            )
