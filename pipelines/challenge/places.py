"""Where the files of a challenge lie.

| place | holds |
|---|---|
| `challenge.json` | tasks and rules |
| `public/TASK/train.csv`, `classes.json` | what is learned from |
| `public/TASK/pictures/`, `pictures.csv` | what judges, without labels |
| `organiser/TASK/truth.csv` | the labels of what judges |
| `organiser/TASK/cross/`, `cross.csv` | pictures of another source |
| `entries/` | what was handed in, as it was |
| `challenge.sqlite` | teams, entries, scores |
| `board/` | the board |

Teams see `challenge.json`, `public/` and `board/`. Where no tables are taken,
the pictures that judge lie under `organiser/` as well.
"""

import csv
import hashlib
import io
import json
import pathlib

import numpy as np

from pipelines.challenge.rules import Rules
from pipelines.challenge.rules import rules_of
from pipelines.data.examples import Examples
from pipelines.data.names import Paths
from pipelines.data.sources.files import examples_of_files
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.plain_csv import table_writer
from zoo.weights.atomic import write_atomically

RULES = "challenge.json"
STATE = "challenge.sqlite"
BOARD = "board"
# A column of every list of pictures.
PICTURE = "picture"


class ChallengeFolder:
    """The folder of a challenge that is there.

    Args:
        path: Where.

    Raises:
        RequestError: There is none.
        DataError: Its rules are damaged.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        if not (self.path / STATE).is_file():
            raise RequestError(
                f"{path} is no challenge: it holds no {STATE}. Make one with "
                "the word `new`, or give the folder of one."
            )
        try:
            said = json.loads((self.path / RULES).read_bytes())
            self.rules: Rules = rules_of(said, self.path / RULES)
        except (OSError, ValueError) as error:
            raise DataError(
                f"The rules of the challenge are damaged: {error}"
            ) from error

    @property
    def entries(self) -> pathlib.Path:
        return self.path / "entries"

    def public(self, task: str) -> pathlib.Path:
        return self.path / "public" / task

    def class_names(self, task: str) -> tuple[str, ...]:
        """Returns the classes of a task, in label order."""
        text = (self.public(task) / "classes.json").read_text()
        return tuple(json.loads(text))

    def pictures(self, task: str) -> list[str]:
        """Returns what the pictures that judge are called, in their order."""
        rows = read_rows(organiser(self.path, task) / "truth.csv")
        return [row[PICTURE] for row in rows]

    def held_out(self, task: str) -> Examples:
        """Returns the pictures that judge, with their labels."""
        place = pictures_folder(self.path, task, self.rules)
        return self._examples(task, "truth.csv", place)

    def cross(self, task: str) -> Examples | None:
        """Returns the pictures of another source; None where there are none."""
        folder = organiser(self.path, task)
        if not (folder / "cross.csv").is_file():
            return None
        return self._examples(task, "cross.csv", folder / "cross")

    def checked_file(self, entry) -> pathlib.Path:
        """Returns the file of an entry, whose bytes are what they were.

        Args:
            entry: A `pipelines.challenge.state.Entry`.

        Raises:
            DataError: They are not.
        """
        path = self.entries / entry.file
        try:
            with open(path, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise DataError(
                f"{path} of entry {entry.number} cannot be read "
                f"({error.strerror}). Bring it back."
            ) from error
        if found != entry.sha256:
            raise DataError(
                f"{path} is not what was handed in as entry {entry.number}: "
                f"expected sha256 {entry.sha256}, received {found}."
            )
        return path

    def _examples(self, task: str, listed: str, place) -> Examples:
        rows = read_rows(organiser(self.path, task) / listed)
        names = self.class_names(task)
        labels = [names.index(row["label"]) for row in rows]
        sums = bytes.fromhex("".join(row["sha256"] for row in rows))
        return examples_of_files(
            Paths.of([str(place / row[PICTURE]) for row in rows]),
            np.array(labels, "int32"),
            names,
            np.frombuffer(sums, "uint8").reshape(len(rows), -1),
        )


def organiser(path, task: str) -> pathlib.Path:
    """Returns the folder of a task that the organiser alone sees."""
    return pathlib.Path(path) / "organiser" / task


def pictures_folder(path, task: str, rules: Rules) -> pathlib.Path:
    """Returns where the pictures that judge lie."""
    if rules.tables:
        return pathlib.Path(path) / "public" / task / "pictures"
    return organiser(path, task) / "pictures"


def read_rows(path) -> list[dict]:
    """Reads a table of ours: a dict a row.

    Raises:
        DataError: It is not there any more.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}). Bring it back: a "
            "challenge is judged by it."
        ) from error


def write_rows(path, header, rows) -> None:
    """Writes a table, whole or not at all."""
    text = io.StringIO(newline="")
    writer = table_writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
