"""Reading a CSV file of many million rows into a few arrays."""

import contextlib
import csv
import dataclasses
import os
from collections.abc import Iterator

import numpy as np
import pyarrow
import pyarrow.csv

from pipelines.data.names import Packed
from pipelines.data.sources.csv_collectors import ByteStrings
from pipelines.data.sources.csv_collectors import Codes
from pipelines.data.sources.csv_collectors import Numbers
from pipelines.data.sources.csv_columns import PATH
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.csv_columns import TableForm
from pipelines.data.sources.csv_columns import open_text
from pipelines.data.sources.csv_columns import read_form
from pipelines.data.sources.csv_labels import split_cells
from pipelines.data.sources.one_hot import OneHot
from pipelines.data.spelling import shown
from zoo.errors import DataError
from zoo.errors import RequestError

_NOTHING = NamedColumns()
_BLOCK = 2**22
_CODES = pyarrow.dictionary(pyarrow.int32(), pyarrow.binary())
_TYPES = {
    "path": pyarrow.large_binary(),
    "label": _CODES,
    "split": _CODES,
    "group": _CODES,
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
        form: How it is written.
        paths: All paths.
        labels: int32 `(rows,)`: places in `label_names`; where a picture may
            show several classes or none, uint8 `(rows, label names)` of 0
            and 1.
        label_names: Every label, in order of appearance.
        splits: The same for the splits; None without that column.
        split_names: Every split, in order of appearance.
        groups: int32 `(rows,)`: what belongs together; None without that
            column.
        sizes: int64 `(rows,)` in bytes; None without that column.
        sha256: uint8 `(rows, 32)`; None without that column.
    """

    file: str
    form: TableForm
    paths: Packed
    labels: np.ndarray
    label_names: tuple[str, ...]
    splits: np.ndarray | None = None
    split_names: tuple[str, ...] = ()
    groups: np.ndarray | None = None
    sizes: np.ndarray | None = None
    sha256: np.ndarray | None = None

    def __len__(self):
        return len(self.labels)

    @property
    def several(self) -> bool:
        """Whether a picture may show several classes, or none."""
        return self.labels.ndim == 2

    def first_with(self, code: int) -> int:
        """Returns the first row with a label, by its place in the names."""
        labels = self.labels
        return int(
            np.argmax(labels[:, code] if self.several else labels == code)
        )

    def refuse(self, row: int, problem: str) -> None:
        """Raises a DataError that names a row by its line in the file."""
        raise DataError(f"{self.file}, row {self._line(row)}: {problem}")

    def _line(self, row: int) -> int:
        with open_text(self.file) as file:
            reader = csv.reader(file, delimiter=self.form.delimiter)
            rows = (reader.line_num for fields in reader if fields)
            # The header is the first of them. A field may be too long for
            # this reader; rows are lines then, as they mostly are.
            with contextlib.suppress(csv.Error):
                for number, line in enumerate(rows):
                    if number == row + 1:
                        return line
        return row + 2


def read_table(path, named: NamedColumns = _NOTHING) -> CsvTable:
    """Reads a CSV file with a header, in UTF-8, with BOM and CRLF or not.

    Args:
        path: The file. It has columns for the picture and its label, and
            perhaps `split`, `size` and `sha256`; others are passed over.
        named: Columns that somebody has named.

    Raises:
        RequestError: A column or a separator that was named is not there.
        DataError: A column is missing or a row cannot be read; names the
            row.
    """
    path = os.fspath(path)
    form = read_form(path, named)
    roles = _roles(form)
    limit = os.path.getsize(path)
    collected = {role: _collector(role, limit) for role in roles}
    flags = OneHot(form.classes)
    try:
        for batch in _batches(path, form, roles):
            for role, values in zip(roles, batch.columns, strict=False):
                collected[role].add(values)
            flags.add(batch.columns[len(roles) :])
    except pyarrow.ArrowInvalid as error:
        if _explain(path, form, roles):
            reason = str(error).splitlines()[0][:200]
            raise DataError(f"{path} cannot be read: {reason}") from error
    found = {role: each.result() for role, each in collected.items()}
    if not len(found["path"]):
        raise DataError(f"{path} lists no pictures, it has only a header.")
    labels = found.get("label") or flags.result(named.several)
    splits, split_names = found.get("split", (None, ()))
    groups, _ = found.get("group", (None, ()))
    table = CsvTable(
        path,
        form,
        found["path"],
        *labels,
        splits=splits,
        split_names=split_names,
        groups=groups,
        sizes=found.get("size"),
    )
    flags.check(table)
    table = _split(table, named)
    if "sha256" not in found:
        return table
    return dataclasses.replace(table, sha256=_hashes(table, found["sha256"]))


def _split(table: CsvTable, named: NamedColumns) -> CsvTable:
    """Takes cells that hold several labels apart."""
    separator = named.separator
    said = f"`label_separator={separator}`"
    if table.form.one_hot:
        if separator:
            raise RequestError(
                f"{said}: {table.file} says its classes by columns of 0 and "
                "1, between which nothing stands. Leave it out."
            )
        return table
    first = table.label_names[table.labels[0]]
    cells = table.labels, table.label_names
    labels, names = split_cells(cells, separator, table.refuse)
    alone = names and (labels.sum(axis=1) <= 1).all() if separator else False
    if alone and not named.several:
        raise RequestError(
            f"{said} stands between no labels of {table.file}, whose first is "
            f"{shown(first)}. Give what does; or leave it out where each "
            "picture shows one class, and give `task=multilabel` where it may "
            "show others."
        )
    return dataclasses.replace(table, labels=labels, label_names=names)


def _roles(form: TableForm) -> dict[str, str]:
    """Returns the column of everything that is read."""
    roles = {
        "path": form.path,
        "label": form.label,
        "split": form.split,
        "group": form.group,
    }
    # What others call "size" need not be bytes.
    own = ("size", "sha256") if form.path == PATH else ("sha256",)
    roles |= {name: name for name in own if name in form.header}
    return {role: column for role, column in roles.items() if column}


def _batches(path: str, form: TableForm, roles: dict[str, str]) -> Iterator:
    types = {column: _TYPES[role] for role, column in roles.items()}
    types |= dict.fromkeys(form.one_hot, pyarrow.float32())
    with pyarrow.csv.open_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(
            block_size=_BLOCK, column_names=form.header, skip_rows=1
        ),
        parse_options=pyarrow.csv.ParseOptions(
            newlines_in_values=True, delimiter=form.delimiter
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            check_utf8=False,
            column_types=types,
            include_columns=[*roles.values(), *form.one_hot],
        ),
    ) as reader:
        yield from reader


def _collector(role: str, limit: int):
    if role in ("path", "sha256"):
        return ByteStrings(limit)
    return Numbers() if role == "size" else Codes(limit)


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
            f"{shown(os.fsdecode(texts[row]))}",
        )
    return digits[:, ::2] << 4 | digits[:, 1::2]


def _explain(path: str, form: TableForm, roles: dict[str, str]) -> bool:
    """Finds the row that could not be read, and raises.

    Returns:
        Whether there are any rows.
    """
    fields, header = None, form.header
    with open_text(path) as file:
        reader = csv.reader(file, delimiter=form.delimiter)
        rows = (fields for fields in reader if fields)
        try:
            next(rows)
            for fields in rows:
                _check_row(f"{path}, row {reader.line_num}", fields, header)
                row = dict(zip(header, fields, strict=True))
                size = row.get("size", "0") if "size" in roles else "0"
                if not size.strip().isdecimal():
                    raise DataError(
                        f"{path}, row {reader.line_num}: expected a size in "
                        f"bytes, received {shown(size)}"
                    )
        except csv.Error as error:
            raise DataError(
                f"{path}, row {reader.line_num}: it cannot be read ({error})."
            ) from error
    return fields is not None


def _check_row(where: str, fields: list[str], header) -> None:
    if len(fields) != len(header):
        raise DataError(
            f"{where}: expected {len(header)} columns ({','.join(header)}), "
            f"received {len(fields)}: {shown(','.join(fields))}"
        )
