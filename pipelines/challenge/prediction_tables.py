"""Tables of predictions: what a team says of each picture, in its order.

Two forms, both as `zoo predict --format=csv` writes them over the folder of
pictures: a column for each class with its probability (`--all_classes`), or the
five likeliest classes (`--top=5`: `predicted`, `predicted_2` … `predicted_5`),
which is the form of ILSVRC.
"""

import csv
import io
import math
import ntpath
import pathlib
from collections.abc import Sequence

import numpy as np

from pipelines.challenge.places import PICTURE
from pipelines.data.spelling import canonical
from pipelines.data.spelling import shown
from zoo.errors import DataError

_FIRST = "predicted"
# How many labels a picture has.
LABELS = 5
# By how much the probabilities of a picture may miss 1.
_MISSED = 0.02
# A table is text; more is none.
LARGEST = 2 << 30


def read_predictions(
    path, pictures: Sequence[str], class_names: Sequence[str]
) -> np.ndarray:
    """Reads a table of predictions.

    Args:
        path: The CSV file.
        pictures: What the pictures are called, in their order.
        class_names: In label order.

    Returns:
        float64 `(pictures, classes)`: the higher, the likelier. Of a table of
        labels 5 for the first to 1 for the fifth, and 0 for all others.

    Raises:
        DataError: It is no such table; names the row, counted from 1 below
            the header.
    """
    rows = _rows(path)
    header = [canonical(name) for name in next(rows, [])]
    if PICTURE not in header:
        raise DataError(
            f"{path} has no column {PICTURE!r} in its first line. Expected "
            f"{PICTURE} and a column for each class, or {_FIRST}, {_FIRST}_2 …"
        )
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise DataError(f"{path} has the column {shown(min(twice))} twice.")
    columns = {name: place for place, name in enumerate(header)}
    reader = _reader(path, columns, class_names)
    found = np.zeros((len(pictures), len(class_names)))
    seen: dict[str, int] = {}
    count = 0
    for count, row in enumerate(rows, start=1):
        where = f"{path}, row {count}"
        if len(row) != len(header):
            raise DataError(
                f"{where}: {len(row)} cells, expected {len(header)}."
            )
        # Paths of any system; where the pictures lay is the team's business.
        name = ntpath.basename(row[columns[PICTURE]].strip())
        _check_picture(where, name, count, pictures, seen)
        reader(where, row, found[count - 1])
    if count < len(pictures):
        raise DataError(
            f"{path} is short: {count:,} rows, expected {len(pictures):,}. "
            f"Row {count + 1} would be {pictures[count]}."
        )
    return found


def _rows(path):
    file = pathlib.Path(path)
    if file.stat().st_size > LARGEST:
        raise DataError(f"{path} has more than {LARGEST >> 30} GiB.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no text in UTF-8 ({error}).") from error
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        raise DataError(f"{path} is no CSV file ({error}).") from error


def _check_picture(where, name: str, count: int, pictures, seen: dict) -> None:
    """Refuses what is not the picture whose turn it is."""
    if name in seen:
        raise DataError(
            f"{where}: {shown(name)} is there twice, in row {seen[name]} too."
        )
    seen[name] = count
    if count > len(pictures):
        raise DataError(
            f"{where}: {shown(name)} is more than the {len(pictures):,} "
            "pictures that there are."
        )
    if name != pictures[count - 1]:
        raise DataError(
            f"{where}: expected {pictures[count - 1]}, received {shown(name)}. "
            "Rows stand in the order of pictures.csv."
        )


def _reader(path, columns: dict, class_names):
    """Returns what reads a row into an array of a number a class."""
    labels = [_FIRST, *(f"{_FIRST}_{i}" for i in range(2, LABELS + 1))]
    labels = labels[: len(class_names)]
    known = {canonical(name): i for i, name in enumerate(class_names)}
    missing = [name for name in known if name not in columns]
    if not missing:
        return _probabilities([columns[name] for name in known])
    if all(name in columns for name in labels):
        return _labels([columns[name] for name in labels], known)
    raise DataError(
        f"{path} has no column for the class {shown(missing[0])}, nor "
        f"{', '.join(labels)}. Expected all classes, or {len(labels)} labels "
        "a picture."
    )


def _probabilities(places: list[int]):
    def read(where, row, found):
        for i, place in enumerate(places):
            try:
                found[i] = float(row[place])
            except ValueError:
                raise DataError(
                    f"{where}: {shown(row[place])} is no number."
                ) from None
        # Not within its limits is what is no number (NaN) either.
        if not ((found >= 0) & (found <= 1)).all():
            odd = next(each for each in found if not 0 <= each <= 1)
            raise DataError(f"{where}: {odd} is no probability, expected 0…1.")
        total = math.fsum(found)
        if abs(total - 1) > _MISSED:
            raise DataError(
                f"{where}: the probabilities add up to {total:.4f}, expected 1."
            )

    return read


def _labels(places: list[int], known: dict):
    def read(where, row, found):
        for rank, place in enumerate(places):
            name = canonical(row[place])
            if name not in known:
                raise DataError(f"{where}: there is no class {shown(name)}.")
            if found[known[name]]:
                raise DataError(f"{where}: {shown(name)} is there twice.")
            found[known[name]] = LABELS - rank

    return read
