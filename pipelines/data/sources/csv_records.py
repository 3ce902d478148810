"""A table that says something of pictures, whatever it is: no labels needed."""

import csv
import dataclasses
import os

from pipelines.data.sources.csv_columns import LABELS
from pipelines.data.sources.csv_columns import SPLITS
from pipelines.data.sources.csv_columns import delimiter_of
from pipelines.data.sources.csv_columns import image_column
from pipelines.data.sources.csv_columns import open_text
from pipelines.data.sources.csv_columns import plain
from pipelines.data.sources.csv_columns import refuse_wide_text
from pipelines.data.spelling import canonical
from zoo.errors import DataError
from zoo.errors import RequestError

_PEEKED = 50


@dataclasses.dataclass(frozen=True)
class PictureRecords:
    """What a table says of pictures.

    Args:
        file: The table.
        pictures: What each row calls its picture.
        columns: What the other columns say of them, a text a row; empty
            where a cell is.
    """

    file: str
    pictures: list[str]
    columns: dict[str, list[str]]


def read_records(path) -> PictureRecords:
    """Reads a table with a column of pictures and others beside it.

    Labels, parts, sizes and hashes, which a list of pictures has as well, are
    left out.

    Args:
        path: A CSV file in UTF-8, between commas, semicolons or tabs.

    Raises:
        RequestError: There is no such file.
        DataError: It is no such table, or has no column beside the pictures.

    Example:

    ```python
    import pathlib, tempfile
    from pipelines.data.sources.csv_records import read_records
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "table.csv"
        path.write_text("picture;site\\na.jpg;north\\nb.jpg; south\\n")
        found = read_records(path)
    assert found.pictures == ["a.jpg", "b.jpg"]
    assert found.columns == {"site": ["north", "south"]}
    ```
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise RequestError(f"There is no table {path}.")
    refuse_wide_text(path)
    with open_text(path) as file:
        reader = csv.reader(file, delimiter=delimiter_of(path))
        try:
            header, *rows = [
                [canonical(cell) for cell in row] for row in reader if any(row)
            ]
        except ValueError:
            raise DataError(f"{path} is empty.") from None
        except csv.Error as error:
            raise DataError(
                f"{path}, row {reader.line_num}: it cannot be read ({error})."
            ) from error
    image, others = _facts_in(header, rows)
    if image is None or not others:
        raise DataError(
            f"{path}, row 1: expected a column `picture` and one or more that "
            "say something of it, such as `lighting`. Received: "
            f"{', '.join(header)[:200]}"
        )
    if not rows:
        raise DataError(f"{path} lists no pictures, it has only a header.")
    width = len(header)
    for number, row in enumerate(rows, 2):
        if len(row) != width:
            raise DataError(
                f"{path}, row {number}: {len(row)} cells, where the header has "
                f"{width}."
            )
    return PictureRecords(
        path,
        [row[image] for row in rows],
        {header[place]: [row[place] for row in rows] for place in others},
    )


def _facts_in(found, rows) -> tuple[int | None, list[int]]:
    """Finds the column with the pictures, and those that say more of them.

    Args:
        found: The header.
        rows: All others.

    Returns:
        The places of both; None where no column has pictures.
    """
    header = [plain(name) for name in found]
    columns = {
        name: [row[i] for row in rows[:_PEEKED] if i < len(row)]
        for i, name in enumerate(header)
    }
    image = image_column(header, columns)
    if not image:
        return None, []
    known = {image, "size", "sha256", *LABELS, *SPLITS}
    more = [i for i, name in enumerate(header) if name and name not in known]
    return header.index(image), more
