"""Which pictures a run learned from and which it held out: `split.csv`.

It has the form of a manifest (`pipelines.data.sources.manifest`), so that it
can be given as data; where the pictures are no files it is only read here.
"""

import csv
import dataclasses
import functools
import itertools
import os
import pathlib
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.hashing import hashes_of
from pipelines.data.names import Paths
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.csv_columns import open_text
from pipelines.data.sources.csv_table import read_table
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.manifest import HEADER
from pipelines.data.sources.manifest import new_text_file
from pipelines.data.sources.manifest import write_class_names
from pipelines.data.spelling import listed
from pipelines.runs.places import SPLIT
from pipelines.runs.places import nearest_folder
from pipelines.waiting.work import current
from pipelines.waiting.work import work
from zoo.plain_csv import table_writer

# Hashing more pictures would keep a run from its first step for long.
HASHED = 200_000


@work("writing the list of pictures", "picture")
def write_split(
    folder, splits: Splits, inherited: Sequence[str] = ()
) -> "SplitList | None":
    """Writes `split.csv`, over that of a start that came to nothing.

    Args:
        folder: The run's.
        splits: What is learned from and judged by.
        inherited: Finished models whose learning is inherited: what they have
            learned from, as far as they have a list, was learned from here.

    Returns:
        What it says; None where there are too many pictures to be hashed.
    """
    path = pathlib.Path(folder) / SPLIT
    parts = [(TRAIN, splits.train), (VALIDATION, splits.validation)]
    if splits.aside:
        # They have chosen something, and may not judge.
        parts.insert(1, (TRAIN, splits.aside))
    total = sum(len(examples) for _, examples in parts)
    before = _learned_before(inherited)
    hashed = total <= HASHED and all(map(_is_hashed, before))
    kept = []
    with new_text_file(path) as file:
        writer = table_writer(file)
        writer.writerow(HEADER if hashed else HEADER[:3])
        rows = itertools.chain.from_iterable(
            _rows(examples, part, hashed=hashed) for part, examples in parts
        )
        for done, row in enumerate(itertools.chain(rows, before), 1):
            writer.writerow(row if hashed else row[:3])
            if hashed:
                kept.append(row)
            current().count(done, total + len(before))
        # Before the list itself, as for every manifest.
        write_class_names(path, splits.train.class_names)
    return _of_rows(pathlib.Path(folder), kept) if hashed else None


def _of_rows(folder: pathlib.Path, rows: list[tuple]) -> "SplitList":
    sums = bytes.fromhex("".join(row[4] for row in rows))
    return SplitList(
        folder,
        [row[0] for row in rows],
        np.array([row[1] for row in rows], object),
        np.array([row[2] == TRAIN for row in rows]),
        np.frombuffer(sums, "uint8").reshape(len(rows), -1),
    )


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


def _learned_before(models: Sequence[str]) -> list[tuple]:
    """The rows of what finished models have learned from, each once."""
    rows: dict = {}
    for model in models:
        folder = _listed_folder(model)
        if folder is None:
            continue
        with open_text(os.fspath(folder / SPLIT)) as file:
            _, *found = csv.reader(file)
        rows |= {tuple(row): None for row in found if row[2] == TRAIN}
    return list(rows)


def _is_hashed(row: tuple) -> bool:
    return len(row) == len(HEADER)


def _listed_folder(model: str) -> pathlib.Path | None:
    return nearest_folder(model, lambda place: (place / SPLIT).is_file())


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
    names: Sequence[str]
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

    def keys_of(
        self, examples: Examples, sha256: Sequence[bytes] | None = None
    ) -> Iterator:
        """Yields what each of some pictures is known by.

        Args:
            examples: The pictures.
            sha256: What their bytes hash to; they are read where None.
        """
        if self.sha256 is not None and sha256 is not None:
            yield from sha256
        elif self.sha256 is not None:
            yield from (sha256 for _, sha256 in hashes_of(examples))
        else:
            yield from lasting_names(examples)

    def count_learned(
        self, examples: Examples, sha256: Sequence[bytes] | None = None
    ) -> int:
        """Returns how many pictures were learned from; see `keys_of`."""
        keys = self.keys_of(examples, sha256)
        return sum(key in self._learned for key in keys)


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
    folder = _listed_folder(model)
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
