"""Which column of a table says what: chosen by usual names, or as asked.

Tables come as `path,label`, `id,breed`, `filename,label`, `image,label`,
`file_name,label` (`metadata.csv` of Hugging Face), as one column of 0 and 1 for
each class (`_classes.csv` of Roboflow), between commas, semicolons or tabs.
What is chosen is said wherever it is not `path,label`.
"""

import contextlib
import csv
import dataclasses
import itertools
import os
import re

from pipelines.data.sources.layout import part_of
from pipelines.data.sources.scan import EXTENSIONS
from pipelines.data.spelling import canonical
from pipelines.data.spelling import shown
from zoo.errors import DataError
from zoo.errors import RequestError

PATH, LABEL = "path", "label"
# In order of preference; the first of them is our own.
_PATHS = (
    PATH, "file_name", "filename", "filepath", "file_path", "filepaths", "file",
    "image_path", "img_path", "image_file", "image_name", "img_name", "image",
    "images", "img", "picture", "photo", "image_id", "imageid", "img_id", "id",
)  # fmt: skip
LABELS = (
    LABEL, "labels", "class", "class_name", "classname", "category", "target",
    "breed", "species", "label_name", "class_label", "classes", "diagnosis",
    "y",
)  # fmt: skip
SPLITS = ("split", "data_set", "dataset", "set", "subset", "partition", "part")
# What tables say of a picture that is no class.
_ABOUT = frozenset(
    ("", "index", "idx", "width", "height", "size", "sha256", "id")
)
_DELIMITERS = (",", "\t", ";", "|")
_PEEKED = 50
_LONGEST_LINE = 2**20


@dataclasses.dataclass(frozen=True)
class NamedColumns:
    """Columns that somebody has named; None for those that nobody has.

    Args:
        image: Says where a picture is.
        label: Says its class.
        group: Says what belongs together: a patient, a camera, a scene.
        separator: What stands between several labels in one cell.
        several: Whether a picture may show several classes or none, also
            where no row does.
    """

    image: str | None = None
    label: str | None = None
    group: str | None = None
    separator: str | None = None
    several: bool = False

    def as_settings(self) -> dict[str, str]:
        """Returns what is for tables alone, by the names of the settings."""
        values = {
            "image_column": self.image,
            "label_column": self.label,
            "group_column": self.group,
            "label_separator": self.separator,
        }
        return {name: value for name, value in values.items() if value}


@dataclasses.dataclass(frozen=True)
class TableForm:
    """How a table is written, and which of its columns say what.

    Args:
        header: The columns' names, each of them once.
        delimiter: What stands between the columns.
        path: The column with the pictures.
        label: The column with the classes; empty where `one_hot` says them.
        one_hot: Columns of 0 and 1, one for each class.
        classes: What these classes are called.
        split: The column with the parts; empty where there is none.
        group: The column with what belongs together; the same.
    """

    header: tuple[str, ...]
    delimiter: str
    path: str
    label: str = ""
    one_hot: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    split: str = ""
    group: str = ""

    @property
    def note(self) -> str:
        """One line on what was chosen, empty where it is `path,label`."""
        if (self.path, self.label) == (PATH, LABEL):
            return ""
        labels = f"by the column {self.label!r}"
        if self.one_hot:
            labels = f"by {len(self.one_hot)} columns of 0 and 1"
        return f"pictures by the column {self.path!r}, labels {labels}"


def open_text(path: str):
    """Opens a table: UTF-8 with or without BOM, other bytes as surrogates."""
    return open(
        path, encoding="utf-8-sig", errors="surrogateescape", newline=""
    )


def read_form(path: str, named: NamedColumns) -> TableForm:
    """Looks at a table's first rows.

    Args:
        path: The file.
        named: Columns that somebody has named.

    Raises:
        RequestError: A column that was named is not there.
        DataError: It is no table, or its columns do not say what is what.
    """
    refuse_wide_text(path)
    delimiter = delimiter_of(path)
    with open_text(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            found = next(reader, [])
        except csv.Error as error:
            raise DataError(
                f"{path}, row {reader.line_num}: it cannot be read ({error})."
            ) from error
        rows = []
        # Reading all of it will say which row is wrong.
        with contextlib.suppress(csv.Error):
            rows.extend(itertools.islice(filter(None, reader), _PEEKED))
    header = [plain(name) for name in found]
    columns = {
        name: [row[i].strip() for row in rows if i < len(row)]
        for i, name in enumerate(header)
    }
    chosen = _choose(path, found, header, columns, named)
    return TableForm(_once_each(header), delimiter, **chosen)


def _choose(path, found, header, columns, named: NamedColumns) -> dict:
    for setting in ("image", "label", "group"):
        _check_named(path, f"{setting}_column", getattr(named, setting), found)
    image = plain(named.image or "") or image_column(header, columns)
    split = _split(header, columns)
    group = plain(named.group or "")
    taken = {image, split, group}
    label, one_hot = plain(named.label or ""), ()
    if not label:
        known = (name for name in LABELS if name in header)
        label = next((name for name in known if name not in taken), "")
    if not label:
        rest = [name for name in header if name not in taken | _ABOUT]
        if len(rest) == 1:
            (label,) = rest
        elif len(rest) > 1 and all(_is_flags(columns[name]) for name in rest):
            one_hot = tuple(rest)
    used = [image, *([label] if label else one_hot)]
    twice = any(header.count(name) > 1 for name in used)
    # A table without a header begins with a picture.
    nameless = image.endswith(EXTENSIONS)
    if not image or not used[1:] or twice or nameless:
        raise DataError(
            f"{path}, row 1: expected the header path,label and perhaps "
            "split, size and sha256, or columns that `image_column` and "
            f"`label_column` name; received: {_listed(found)}"
        )
    return {
        "path": image,
        "label": label,
        "one_hot": one_hot,
        "classes": tuple(
            canonical(found[header.index(name)]) for name in one_hot
        ),
        "split": split,
        "group": group,
    }


def _check_named(path, setting: str, name: str | None, found) -> None:
    if name and plain(name) not in map(plain, found):
        raise RequestError(
            f"`{setting}={name}`: {path} has no such column. It has: "
            f"{_listed(found)}"
        )


def image_column(header, columns) -> str:
    """Returns the column with the pictures, or "".

    Args:
        header: Names as `plain` writes them.
        columns: Of each, what its first rows hold.
    """
    known = next((name for name in _PATHS if name in header), "")
    if known:
        return known
    for name in header:
        values = columns[name]
        if values and all(v.lower().endswith(EXTENSIONS) for v in values):
            return name
    labels = [name for name in header if name in LABELS]
    others = [name for name in header if name not in labels]
    return others[0] if len(labels) == len(others) == 1 else ""


def _split(header, columns) -> str:
    for name in SPLITS:
        # What is called "split" is one, other columns if they look like one.
        if name in header and (
            name == SPLITS[0] or all(part_of(v)[0] for v in columns[name])
        ):
            return name
    return ""


def _is_flags(values) -> bool:
    return set(values) <= {"0", "1", "0.0", "1.0"}


def plain(name: str) -> str:
    """Returns a column's name as it is compared."""
    return re.sub(r"[\s\-]+", "_", name.strip().strip('"').lower())


def _once_each(header: list[str]) -> tuple[str, ...]:
    seen, names = set(), []
    for i, name in enumerate(header):
        names.append(f"{name}#{i}" if name in seen else name)
        seen.add(name)
    return tuple(names)


def _listed(found) -> str:
    if not found:
        return "nothing"
    text = ",".join(found)
    return text if len(text) < 200 and text.isprintable() else shown(text)


def delimiter_of(path: str) -> str:
    """Returns what stands between the columns of a table."""
    with open_text(path) as file:
        line = file.readline(_LONGEST_LINE)
    try:
        fields = [
            len(next(csv.reader([line], delimiter=each), []))
            for each in _DELIMITERS
        ]
    except csv.Error:
        return _DELIMITERS[0]
    return _DELIMITERS[fields.index(max(fields))]


def refuse_wide_text(path: str) -> None:
    """Refuses what is no text in UTF-8: a spreadsheet, UTF-16.

    Raises:
        DataError: Says what it is.
    """
    with open(path, "rb") as file:
        start = file.read(4)
    kind = _KINDS_OF_START.get(start, _KINDS_OF_START.get(start[:2]))
    if kind or b"\0" in start:
        raise DataError(
            f"{os.fspath(path)} is {kind or 'no text'}. Expected a table in "
            "UTF-8: save it as 'CSV UTF-8'."
        )


_KINDS_OF_START = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"PK\x03\x04": "a ZIP archive or a spreadsheet",
    b"PAR1": "a Parquet file",
}
