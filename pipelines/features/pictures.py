"""Every picture of a data set, labelled or not, and finding it again."""

import os
import pathlib

import numpy as np

from pipelines.data.checks import inspect
from pipelines.data.examples import Examples
from pipelines.data.names import Paths
from pipelines.data.sources.files import examples_of_files
from pipelines.data.sources.opening import open_splits
from pipelines.data.sources.scan import Scan
from pipelines.data.sources.shards import is_shards
from pipelines.data.sources.unread import Unread
from pipelines.features.table import FeatureTable
from zoo.errors import DataError
from zoo.errors import RequestError


def open_every_picture(data: str, progress=None) -> tuple[Examples, np.ndarray]:
    """Opens all of a data set: what is trained on and what is held out.

    Args:
        data: As for `open_splits`; or a folder that holds pictures and no
            folders, whose pictures then have no label.
        progress: As for `open_splits`.

    Returns:
        The pictures, and the part that each is of, a string array:
            `"train"`, `"validation"`, or empty where the data has no parts.
            Without a label, a picture's label is -1.

    Raises:
        RequestError: There is no such data set.
        DataError: It holds no pictures, or as for `open_splits`.
    """
    pictures = _loose_pictures(data)
    if pictures:
        labels = np.full(len(pictures), -1, "int32")
        examples = examples_of_files(Paths.of(pictures), labels, ())
        return examples, np.full(len(pictures), "")
    splits = open_splits(data, seed=None, progress=progress)
    parts = {"train": splits.train, "validation": splits.validation}
    parts = {name: part for name, part in parts.items() if part is not None}
    # A part that was made up is none of the data's own.
    names = [""] * len(parts) if splits.split_off else list(parts)
    sizes = [len(part) for part in parts.values()]
    return _joined(*parts.values()), np.repeat(names, sizes)


def _loose_pictures(data: str) -> list[str]:
    if not os.path.isdir(data) or data == "herbarium" or is_shards(data):
        return []
    if Scan(data, data).classes():
        return []
    unread = Unread()
    found = list(Scan(data, data, report=unread).pictures(data))
    if found:
        unread.say(len(found))
    return found


def _joined(*parts: Examples) -> Examples:
    starts = np.cumsum([0, *map(len, parts)])

    def encoded(wanted: list[int]) -> list[bytes]:
        pictures: list[bytes] = [b""] * len(wanted)
        wanted = np.asarray(wanted, "int64")
        for start, part in zip(starts, parts, strict=False):
            inside = np.flatnonzero(
                (wanted >= start) & (wanted < start + len(part))
            )
            found = part.encoded((wanted[inside] - start).tolist())
            for place, picture in zip(inside, found, strict=True):
                pictures[place] = picture
        return pictures

    return Examples(
        [name for part in parts for name in part.names],
        np.concatenate([part.labels for part in parts]),
        parts[0].class_names,
        encoded,
        upright=parts[0].upright,
    )


def lasting_names(examples: Examples) -> np.ndarray:
    """Returns what pictures are called, files by their absolute paths."""
    return np.array(
        [
            os.path.abspath(name) if os.path.isfile(name) else name
            for name in examples.names
        ],
        "str",
    )


def open_queries(paths: list[str]) -> Examples:
    """Opens single pictures, without labels.

    Raises:
        RequestError: There is no such file.
        DataError: It cannot be decoded.
    """
    pictures = []
    for path in paths:
        if not os.path.isfile(path):
            raise RequestError(f"There is no picture {path}.")
        pictures.append(pathlib.Path(path).read_bytes())
        _, problem = inspect(pictures[-1])
        if problem:
            raise DataError(f"{path}: {problem}.")
    return Examples(
        tuple(paths),
        np.full(len(paths), -1, "int32"),
        (),
        lambda wanted: [pictures[i] for i in wanted],
    )


class PictureFinder:
    """Finds the pictures that a table of features is of.

    Args:
        table: The table. Where its pictures are no files, its data set is
            opened again when the first of them is asked for.
    """

    def __init__(self, table: FeatureTable):
        self._table = table
        self._examples: Examples | None = None
        self._opened = False

    def find(self, place: int) -> bytes | None:
        """Returns a picture's bytes, or None where it is not there any more."""
        name = str(self._table.names[place])
        try:
            if os.path.isabs(name):
                return pathlib.Path(name).read_bytes()
            return self._from_data(place, name)
        except (OSError, DataError, RequestError):
            return None

    def _from_data(self, place: int, name: str) -> bytes | None:
        if not self._opened:
            self._opened = True
            self._examples, _ = open_every_picture(self._table.recipe.data)
        examples = self._examples
        if examples is None or len(examples) != len(self._table):
            return None
        if examples.names[place] != name:
            return None
        return examples.encoded([place])[0]
