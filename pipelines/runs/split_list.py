"""Which pictures a run learned from and which it held out: `split.csv`.

It has the form of a manifest (`pipelines.data.sources.manifest`), so that it
can be given as data; where the pictures are no files it is only read here.
"""

import csv
import dataclasses
import functools
import json
import os
import pathlib
from collections.abc import Iterator

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.hashing import hashes_of
from pipelines.data.names import Paths
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.csv_table import read_table
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.manifest import HEADER
from pipelines.data.sources.manifest import classes_path
from pipelines.data.sources.manifest import new_text_file
from pipelines.data.spelling import listed
from pipelines.runs.places import SPLIT
from pipelines.waiting.work import current
from pipelines.waiting.work import work
from zoo.weights.atomic import write_atomically

# Hashing more pictures would keep a run from its first step for long.
HASHED = 200_000


@work("writing the list of pictures", "picture")
def write_split(folder, splits: Splits, *, goes_on: bool = False) -> None:
    """Writes `split.csv`, over that of a start that came to nothing.

    Args:
        folder: The run's.
        splits: What is learned from and judged by.
        goes_on: Whether the run was begun before: the list is left, then,
            where there is one.
    """
    path = pathlib.Path(folder) / SPLIT
    if goes_on and path.exists():
        return
    parts = [(TRAIN, splits.train), (VALIDATION, splits.validation)]
    if splits.aside:
        # They have chosen something, and may not judge.
        parts.insert(1, (TRAIN, splits.aside))
    total = sum(len(examples) for _, examples in parts)
    header = HEADER if total <= HASHED else HEADER[:3]
    done = 0
    with new_text_file(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for part, examples in parts:
            for row in _rows(examples, part, hashed=header == HEADER):
                writer.writerow(row)
                done += 1
                current().count(done, total)
        # Before the list itself, as for every manifest.
        names = json.dumps(list(splits.train.class_names), indent=0)
        write_atomically(classes_path(path), names.encode())


def _rows(examples: Examples, part: str, *, hashed: bool) -> Iterator[tuple]:
    known = hashes_of(examples) if hashed else None
    for i, name in enumerate(examples.names):
        if examples.are_files:
            name = os.path.abspath(name)
        more = ()
        if hashed:
            size, sha256 = next(known)
            more = (size, sha256.hex())
        yield name, examples.label_text(i), part, *more


def _texts(table) -> np.ndarray:
    names = np.array(table.label_names, object)
    if not table.several:
        return names[table.labels]
    shown = (names[row > 0].tolist() for row in table.labels)
    return np.array([listed(each) for each in shown], object)


@dataclasses.dataclass(frozen=True, eq=False)
class SplitList:
    """What `split.csv` says.

    Args:
        folder: The run's.
        names: What all pictures are called, files by their absolute paths.
        labels: str `(pictures,)`: as `Examples.label_text` has them.
        learned: bool `(pictures,)`: which were learned from.
        sha256: uint8 `(pictures, 32)`; None where there were too many.
    """

    folder: pathlib.Path
    names: Paths
    labels: np.ndarray
    learned: np.ndarray
    sha256: np.ndarray | None

    @functools.cached_property
    def _keys(self) -> list:
        """What a picture is known by: its hash, else its name."""
        if self.sha256 is None:
            return list(self.names)
        return [row.tobytes() for row in self.sha256]

    @functools.cached_property
    def _learned(self) -> frozenset:
        return frozenset(self._keys[i] for i in np.flatnonzero(self.learned))

    @functools.cached_property
    def held_out(self) -> dict:
        """The place of each picture that was held out, by its name."""
        return {self.names[i]: i for i in np.flatnonzero(~self.learned)}

    @functools.cached_property
    def held_out_keys(self) -> frozenset:
        """The hashes of the pictures that were held out and not learned."""
        places = np.flatnonzero(~self.learned)
        return frozenset(self._keys[i] for i in places) - self._learned

    def keys_of(self, examples: Examples) -> Iterator:
        """Yields what each of some pictures is known by."""
        if self.sha256 is not None:
            yield from (sha256 for _, sha256 in hashes_of(examples))
        else:
            yield from lasting_names(examples)

    def count_learned(self, examples: Examples) -> int:
        """Returns how many of some pictures were learned from."""
        return sum(key in self._learned for key in self.keys_of(examples))


def lasting_names(examples: Examples) -> Iterator[str]:
    """Yields what pictures are called, files by their absolute paths."""
    for name in examples.names:
        yield os.path.abspath(name) if examples.are_files else name


def read_split(model: str) -> SplitList | None:
    """Reads the list of the run that a model is of.

    Args:
        model: A run's folder, one in it, or a file in one of them.

    Returns:
        None where there is none.

    Raises:
        DataError: It is damaged.
    """
    path = pathlib.Path(model)
    places = [path, *path.absolute().parents[:2]] if path.exists() else []
    folder = next((p for p in places if (p / SPLIT).is_file()), None)
    if folder is None:
        return None
    table = read_table(folder / SPLIT, NamedColumns())
    codes = [i for i, name in enumerate(table.split_names) if name == TRAIN]
    return SplitList(
        folder,
        Paths(table.paths),
        _texts(table),
        np.isin(table.splits, codes),
        table.sha256,
    )
