"""Curves as a table: a row a number, which every program reads."""

import csv
import io
import os

from pipelines.training.loggers.base import Logger
from pipelines.training.loggers.base import Opening
from pipelines.training.loggers.base import axis_of
from pipelines.training.loggers.base import full_names
from zoo.plain_csv import table_writer
from zoo.weights.atomic import write_atomically

CURVES = "curves.csv"
HEADER = ("curve", "counts", "at", "value")


class CsvLogger(Logger):
    """Writes `curves.csv` into the run's folder.

    A row has the curve's name, what it counts (`global_step` or `epoch`), at
    which of these, and the number in full. Rows that a run writes anew are
    taken out when it goes on.

    Args:
        opening: Of the run.
    """

    def __init__(self, opening: Opening):
        self._path = opening.folder / CURVES

    def restart(self, part: str, step: int) -> None:
        begun = self._path.read_text("utf-8") if self._path.exists() else ""
        # A row without its end was cut off by a kill.
        whole = begun[: begun.rfind("\n") + 1]
        rows = [
            row
            for row in csv.reader(io.StringIO(whole))
            if len(row) == len(HEADER)
            and row[0] != HEADER[0]
            and not (_part_of(row) == part and int(row[2]) >= step)
        ]
        text = io.StringIO(newline="")
        table_writer(text).writerows([HEADER, *rows])
        write_atomically(self._path, text.getvalue().encode())

    def scalars(self, part: str, step: int, values: dict[str, float]) -> None:
        rows = [
            (name, axis_of(part), step, float(value))
            for name, value in full_names(part, values).items()
        ]
        with open(self._path, "a", encoding="utf-8", newline="") as file:
            table_writer(file).writerows(rows)

    def sync(self) -> None:
        with open(self._path, "rb") as file:
            os.fsync(file.fileno())


def _part_of(row: list[str]) -> str:
    name, counts = row[:2]
    return name.partition("/")[0] if counts == axis_of("train") else ""
