"""The rows of a `predictions.csv`, read back."""

import csv
import dataclasses
import os
import pathlib
import re
from collections.abc import Sequence

from pipelines.evaluation.judged_files import SHA256
from pipelines.runs.split_list import read_split
from zoo.errors import DataError

# The first columns, which are known by their places: a class may be called as
# they are. Of a task that tells one class its probability comes next.
_COLUMNS = ["picture", "label", "predicted"]
_PROBABILITY = "probability"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True)
class AnswerRow:
    """What a model says of a picture.

    Args:
        picture: Its name.
        label: What it shows.
        predicted: What the model says.
        told: The cell behind these, of one class its probability.
        sha256: Of the picture's bytes, in hexadecimal digits; None where the
            table does not have it.
    """

    picture: str
    label: str
    predicted: str
    told: str
    sha256: str | None

    @property
    def is_right(self) -> bool:
        """Whether the model says what the picture shows."""
        return self.label == self.predicted

    @property
    def probability(self) -> float:
        """Of the predicted class, in 0…1.

        Raises:
            ValueError: The table has none.
        """
        return float(self.told)


def read_answers(path: pathlib.Path) -> list[AnswerRow]:
    """Reads a table of predictions.

    Args:
        path: Of a `predictions.csv`.

    Raises:
        DataError: It is none.
    """
    with open(
        path, newline="", encoding="utf-8", errors="surrogateescape"
    ) as file:
        header, *rows = [*csv.reader(file)] or [[]]
    first = len(_COLUMNS)
    even = all(len(row) == len(header) for row in rows)
    if not rows or header[:first] != _COLUMNS or not even:
        raise DataError(
            f"{path} has no rows with {', '.join(_COLUMNS)}. Judge the model "
            "again."
        )
    one = header[first : first + 1] == [_PROBABILITY]
    hashed = header[-1] == SHA256 and all(
        _HASH.fullmatch(row[-1]) for row in rows
    )
    return [
        AnswerRow(
            *row[:first],
            row[first] if one else "",
            row[-1] if hashed else None,
        )
        for row in rows
    ]


def keys_of(folder: str, rows: Sequence[AnswerRow]) -> list[tuple]:
    """Returns what each picture is known by: its bytes' hash, else its name.

    A picture that is there twice is known by its turn, too.

    Args:
        folder: Of the run, or the evaluation.
        rows: Of its `predictions.csv`.
    """
    turns: dict = {}
    keys = []
    for each in _known(folder, rows):
        turns[each] = turns.get(each, -1) + 1
        keys.append((each, turns[each]))
    return keys


def _known(folder: str, rows: Sequence[AnswerRow]) -> list[str]:
    if all(row.sha256 for row in rows):
        return [row.sha256 for row in rows]
    names = [row.picture for row in rows]
    listed = read_split(folder)
    if not listed or not _same(names, list(listed.held_out)):
        return names
    if listed.sha256 is None:
        return list(listed.held_out)
    places = listed.held_out.values()
    return [listed.sha256[place].tobytes().hex() for place in places]


def _same(names: list[str], listed: list[str]) -> bool:
    """Whether a run's predictions are of what its list says, in its order."""
    return len(names) == len(listed) and all(
        os.path.basename(a) == os.path.basename(b)
        for a, b in zip(names, listed, strict=True)
    )
