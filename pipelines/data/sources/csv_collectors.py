"""Columns of many million rows as few arrays, collected block by block."""

import io
import os

import numpy as np
import pyarrow

from pipelines.data.names import Packed
from pipelines.data.names import room
from pipelines.data.spelling import canonical


class ByteStrings:
    """Strings of bytes, one after another."""

    def __init__(self, limit: int):
        # Memory is taken only as far as it is written.
        self._data, self._size = room(limit, "uint8"), 0
        self._ends = Numbers()
        self._ends.write(np.zeros(1, "int64"))

    def add(self, values) -> None:
        _, ends, data = values.buffers()
        stop = values.offset + len(values) + 1
        ends = np.frombuffer(ends, "int64")[values.offset : stop]
        data = np.frombuffer(data, "uint8")[ends[0] : ends[-1]]
        self._data[self._size : self._size + len(data)] = data
        self._ends.write(ends[1:] - ends[0] + self._size)
        self._size += len(data)

    def result(self) -> Packed:
        return Packed(self._data[: self._size], self._ends.result())


class Codes:
    """Few different strings, each given a number as it comes up."""

    def __init__(self, limit: int):
        self._codes: dict[bytes, int] = {}
        self._numbers = Numbers(limit, "int32")

    def add(self, values) -> None:
        known = self._codes
        # Every batch numbers them anew.
        places = [
            known.setdefault(each, len(known))
            for each in values.dictionary.to_pylist()
        ]
        codes = np.asarray(places, "int32")
        self._numbers.write(codes[values.indices.to_numpy()])

    def result(self) -> tuple[np.ndarray, tuple[str, ...]]:
        # Blanks around a name and the ways to write an umlaut do not count.
        known: dict[str, int] = {}
        places = [
            known.setdefault(canonical(_unquoted(each)), len(known))
            for each in self._codes
        ]
        codes = np.asarray(places, "int32")[self._numbers.result()]
        return codes, tuple(known)


def _unquoted(field: bytes) -> str:
    """Takes quotes away that stand behind a blank: `a.jpg, "ant"`."""
    text = os.fsdecode(field).strip()
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if quoted else text


class Numbers:
    """Integers."""

    def __init__(self, limit: int = 0, dtype="int64"):
        self._dtype = dtype
        self._data = io.BytesIO()

    def add(self, values) -> None:
        if values.null_count:
            raise pyarrow.ArrowInvalid("a size is missing")
        self.write(values.to_numpy())

    def write(self, values: np.ndarray) -> None:
        self._data.write(values)

    def result(self) -> np.ndarray:
        return np.frombuffer(self._data.getvalue(), self._dtype)
