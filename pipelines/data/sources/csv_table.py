"""Reading a CSV file of many million rows into a few arrays."""

import csv
import dataclasses
import io
import os
from collections.abc import Callable
from collections.abc import Iterator

import numpy as np
import pyarrow
import pyarrow.csv

from pipelines.data.names import Packed
from pipelines.data.names import room
from zoo.errors import DataError

COLUMNS = ("path", "label", "split", "size", "sha256")
REQUIRED = COLUMNS[:2]
_BLOCK = 2**22
_CODES = pyarrow.dictionary(pyarrow.int32(), pyarrow.binary())
_TYPES = {
    "path": pyarrow.large_binary(),
    "label": _CODES,
    "split": _CODES,
    "size": pyarrow.int64(),
    "sha256": pyarrow.large_binary(),
}
_NO_DIGIT = 255
_DIGITS = np.full(256, _NO_DIGIT, "uint8")
for _value, _digit in enumerate("0123456789abcdef"):
    _DIGITS[[ord(_digit), ord(_digit.upper())]] = _value


@dataclasses.dataclass(frozen=True)
class CsvTable:
    """The rows of a CSV file, column by column.

    Args:
        file: The file, for messages.
        paths: All paths.
        labels: int32 `(rows,)`: places in `label_names`.
        label_names: Every label, in order of appearance.
        splits: The same for the splits; None without that column.
        split_names: Every split, in order of appearance.
        sizes: int64 `(rows,)` in bytes; None without that column.
        sha256: uint8 `(rows, 32)`; None without that column.
    """

    file: str
    paths: Packed
    labels: np.ndarray
    label_names: tuple[str, ...]
    splits: np.ndarray | None
    split_names: tuple[str, ...]
    sizes: np.ndarray | None
    sha256: np.ndarray | None

    def __len__(self):
        return len(self.labels)

    def refuse(self, row: int, problem: str) -> None:
        """Raises a DataError that names a row by its line in the file."""
        raise DataError(f"{self.file}, row {self._line(row)}: {problem}")

    def _line(self, row: int) -> int:
        with _open(self.file) as file:
            reader = csv.reader(file)
            rows = (reader.line_num for fields in reader if fields)
            # The header is the first of them.
            for number, line in enumerate(rows):
                if number == row + 1:
                    return line
        return row + 2


def read_table(path) -> CsvTable:
    """Reads a CSV file with a header, in UTF-8, with BOM and CRLF or not.

    Args:
        path: The file. It has the columns `path` and `label`, and perhaps
            `split`, `size` and `sha256`; others are passed over.

    Raises:
        DataError: A column is missing or a row cannot be read; names the
            row.
    """
    path = os.fspath(path)
    header = _header(path)
    columns = [name for name in COLUMNS if name in header]
    limit = os.path.getsize(path)
    collected = {name: _COLLECTORS[name](limit) for name in columns}
    try:
        for batch in _batches(path, header, columns):
            for name, values in zip(columns, batch.columns, strict=True):
                collected[name].add(values)
    except pyarrow.ArrowInvalid as error:
        if _explain(path, header):
            raise DataError(f"{path} cannot be read: {error}") from error
    found = {name: each.result() for name, each in collected.items()}
    if not len(found["path"]):
        raise DataError(f"{path} lists no pictures, it has only a header.")
    labels, label_names = found["label"]
    splits, split_names = found.get("split", (None, ()))
    table = CsvTable(
        path,
        found["path"],
        labels,
        label_names,
        splits,
        split_names,
        found.get("size"),
        None,
    )
    if "sha256" not in found:
        return table
    return dataclasses.replace(table, sha256=_hashes(table, found["sha256"]))


def _open(path: str):
    return open(
        path, encoding="utf-8-sig", errors="surrogateescape", newline=""
    )


def _header(path: str) -> list[str]:
    with _open(path) as file:
        found = next(csv.reader(file), [])
    header = [name.strip().lower() for name in found]
    if not set(REQUIRED) <= set(header) or len(set(header)) < len(header):
        raise DataError(
            f"{path}, row 1: expected the header {','.join(REQUIRED)} and "
            "perhaps split, size and sha256, received: "
            f"{','.join(found) or 'nothing'}"
        )
    return header


def _batches(path: str, header, columns) -> Iterator:
    with pyarrow.csv.open_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(
            block_size=_BLOCK, column_names=header, skip_rows=1
        ),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            check_utf8=False,
            column_types={name: _TYPES[name] for name in columns},
            include_columns=columns,
        ),
    ) as reader:
        yield from reader


class _Bytes:
    """Strings of bytes, one after another."""

    def __init__(self, limit: int):
        # Memory is taken only as far as it is written.
        self._data, self._size = room(limit, "uint8"), 0
        self._ends = _Numbers()
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


class _Codes:
    """Few different strings, each given a number as it comes up."""

    def __init__(self, limit: int):
        self._codes: dict[bytes, int] = {}
        self._numbers = _Numbers(limit, "int32")

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
        return self._numbers.result(), tuple(map(os.fsdecode, self._codes))


class _Numbers:
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


_COLLECTORS: dict[str, Callable] = {
    "path": _Bytes,
    "label": _Codes,
    "split": _Codes,
    "size": _Numbers,
    "sha256": _Bytes,
}


def _hashes(table: CsvTable, texts: Packed) -> np.ndarray:
    wrong = np.flatnonzero(texts.lengths() != 64)
    if not len(wrong):
        digits = _DIGITS[texts.data.reshape(-1, 64)]
        wrong = np.flatnonzero((digits == _NO_DIGIT).any(axis=1))
    if len(wrong):
        row = int(wrong[0])
        table.refuse(
            row,
            "expected a sha256 of 64 hexadecimal digits, received "
            f"{os.fsdecode(texts[row])!r}",
        )
    return digits[:, ::2] << 4 | digits[:, 1::2]


def _explain(path: str, header: list[str]) -> bool:
    """Finds the row that could not be read, and raises.

    Returns:
        Whether there are any rows.
    """
    fields = None
    with _open(path) as file:
        reader = csv.reader(file)
        rows = (fields for fields in reader if fields)
        next(rows)
        for fields in rows:
            where = f"{path}, row {reader.line_num}"
            if len(fields) != len(header):
                raise DataError(
                    f"{where}: expected {len(header)} columns "
                    f"({','.join(header)}), received {len(fields)}: "
                    f"{','.join(fields)}"
                )
            size = dict(zip(header, fields, strict=True)).get("size", "0")
            if not size.strip().isdecimal():
                raise DataError(
                    f"{where}: expected a size in bytes, received {size!r}"
                )
    return fields is not None
