"""A CSV manifest: `path,label[,split][,size][,sha256]`, a row a picture.

Other names of columns are known, or may be given. Paths start from the file's
own folder, or from `/`; where they do not, the pictures are looked for
(`pipelines.data.sources.csv_files`). A label is the name of a
class; where all labels are numbers, they count the classes from 0 or from 1.
Beside `photos.csv` there may lie `photos.classes.json`, the list of the class
names in label order; labels are then names out of it, or places in it.
"""

import dataclasses
import json
import pathlib
import re

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.holding_out import hold_out
from pipelines.data.names import shortest
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.csv_files import check_paths
from pipelines.data.sources.csv_files import find_files
from pipelines.data.sources.csv_table import CsvTable
from pipelines.data.sources.csv_table import read_table
from pipelines.data.sources.files import examples_of_files
from pipelines.data.sources.layout import TEST
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import TRAINING_PARTS
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.layout import VALIDATION_PARTS
from pipelines.data.sources.layout import no_part
from pipelines.data.sources.layout import part_of
from pipelines.data.sources.manifest import classes_path
from pipelines.data.spelling import canonical
from pipelines.data.spelling import problem_of
from pipelines.data.spelling import shown
from zoo.errors import DataError
from zoo.errors import RequestError

_SHOWN = 5
# More digits are no number of a class.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,8})", re.ASCII)
_NOTHING = NamedColumns()


def open_csv(
    path,
    *,
    seed: int | None = 0,
    named: NamedColumns = _NOTHING,
    progress=None,
) -> Splits:
    """Opens a CSV manifest.

    Rows without a split are taken as training pictures, of which a fifth of
    every class is split off. Where there are hashes, a file that has changed
    is refused when it is read.

    Args:
        path: The file.
        seed: Decides the split, where one has to be made.
        named: Columns that somebody has named.
        progress: Called with numbers done and in all, where that is made.

    Raises:
        RequestError: There is no such file, or no column that was named.
        DataError: It cannot be trained on; names the row.
    """
    table, everything, said = _open(path, named)
    parts = _parts(table)
    train, validation = parts.get(TRAIN), _held_out(parts)
    if train is None and validation is not None:
        return Splits(None, everything.subset(validation), said)
    if validation is None:
        learned = everything if train is None else everything.subset(train)
        rows = slice(None) if train is None else train
        groups = None if table.groups is None else table.groups[rows]
        splits = hold_out(learned, path, seed, named=groups, progress=progress)
        note = " ".join(filter(None, (said, splits.note)))
        return dataclasses.replace(splits, note=note)
    if not table.several:
        _check_known(table, everything, train, validation)
    known = everything.subset(train) if table.several else everything
    note = "; ".join(filter(None, (said, _note(table, known))))
    both = np.concatenate([train, validation])
    return Splits(
        everything.subset(train),
        everything.subset(validation),
        note,
        groups=None if table.groups is None else table.groups[both],
    )


def open_whole_csv(
    path, *, part: str | None = None, named: NamedColumns = _NOTHING
) -> Examples:
    """Opens a CSV manifest to be judged by: its held-out part, else all.

    Args:
        path: The file.
        part: `"train"`, `"val"` or `"test"` for those rows alone.
        named: Columns that somebody has named.

    Raises:
        RequestError: There is no such file, no such part, or no column that
            was named.
        DataError: It lists no pictures, or a row is wrong.
    """
    table, everything, _ = _open(path, named)
    parts = _parts(table)
    if part:
        if part not in parts:
            raise no_part(path, part, parts)
        return everything.subset(parts[part])
    held_out = _held_out(parts)
    return everything if held_out is None else everything.subset(held_out)


def _open(path, named: NamedColumns) -> tuple[CsvTable, Examples, str]:
    """Returns the rows, their pictures, and what was chosen, in one line."""
    if not pathlib.Path(path).is_file():
        raise RequestError(f"`data`: there is no manifest {path}.")
    table = read_table(path, named)
    _check_labels(table)
    check_paths(table)
    class_names, labels = _classes(table)
    paths, where = find_files(table)
    examples = examples_of_files(paths, labels, class_names, table.sha256)
    kind = "several classes a picture" if table.several else ""
    said = ", ".join(filter(None, (table.form.note, kind, where)))
    return table, examples, f"{table.file}: {said}." if said else ""


def _check_labels(table: CsvTable) -> None:
    for code, name in enumerate(table.label_names):
        if problem := problem_of(name):
            table.refuse(
                table.first_with(code),
                f"the label {problem.removeprefix('it ')}"
                + ("" if not name else f": {shown(name)}"),
            )


def _parts(table: CsvTable) -> dict[str, np.ndarray]:
    """Returns the rows of each part."""
    if table.splits is None:
        return {}
    codes: dict[str, list[int]] = {}
    for code, name in enumerate(table.split_names):
        part, rest = part_of(name)
        if not part or rest:
            expected = ", ".join(TRAINING_PARTS + VALIDATION_PARTS)
            first = int(np.argmax(table.splits == code))
            table.refuse(
                first, f"there is no split {shown(name)}. Expected: {expected}"
            )
        codes.setdefault(part, []).append(code)
    return {
        part: shortest(np.flatnonzero(np.isin(table.splits, some)), len(table))
        for part, some in codes.items()
    }


def _held_out(parts) -> np.ndarray | None:
    return parts.get(VALIDATION, parts.get(TEST))


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


def _note(table: CsvTable, known: Examples) -> str:
    empty = np.flatnonzero(known.counts() == 0)
    if not len(empty):
        return ""
    names = [known.class_names[i] for i in empty[:_SHOWN]]
    kind = "pictures to learn from" if table.several else "pictures"
    return f"{table.file}: {len(empty)} classes have no {kind}: " + (
        ", ".join(names) + (" …" if len(empty) > _SHOWN else "")
    )


def _classes(table: CsvTable) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns the class names and the rows' places in them."""
    listed = classes_path(table.file)
    if listed.is_file():
        names = _read_names(listed)
        places = _places_in(table, names)
    else:
        names = _sorted_names(table)
        place_of = {name: place for place, name in enumerate(names)}
        places = [place_of[name] for name in table.label_names]
    if len(names) < 2:
        raise DataError(
            f"{table.file} has "
            + (f"one class only, {names[0]!r}" if names else "no class")
            + ". Expected at least two."
        )
    if not table.several:
        return names, np.asarray(places, "int32")[table.labels]
    labels = np.zeros((len(table), len(names)), "uint8")
    for code, place in enumerate(places):
        labels[:, place] |= table.labels[:, code]
    return names, labels


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
    known = {canonical(name): place for place, name in enumerate(names)}
    for code, label in enumerate(table.label_names):
        if label in known:
            continue
        if _is_number(label) and 0 <= int(label) < len(names):
            known[label] = int(label)
            continue
        table.refuse(
            table.first_with(code),
            f"there is no class {label!r}. Expected a name in "
            f"{classes_path(table.file)}, or a number in "
            f"0…{len(names) - 1}.",
        )
    return [known[label] for label in table.label_names]


def _sorted_names(table: CsvTable) -> tuple[str, ...]:
    """Sorts labels as text, or as numbers where all of them are."""
    labels = table.label_names
    if not labels or not all(map(_is_number, labels)):
        return tuple(sorted(labels))
    numbers = sorted(map(int, labels))
    # Counting starts at 0 or 1; a hole in it is a mistake more often than
    # a class without pictures.
    start = 1 if numbers[0] == 1 else 0
    for expected, number in enumerate(numbers, start):
        if number != expected:
            wrong = next(i for i, x in enumerate(labels) if int(x) == number)
            table.refuse(
                table.first_with(wrong),
                f"the label {number} is out of range: no row has the label "
                f"{expected}. Expected every number from 0 (or 1) up, or "
                f"class names in {classes_path(table.file)}.",
            )
    return tuple(map(str, numbers))


def _is_number(label: str) -> bool:
    return bool(_NUMBER.fullmatch(label)) and label != "-0"
