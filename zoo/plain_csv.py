"""Tables that read back as they were written, whatever is in their cells."""

import csv


def table_writer(file):
    """Returns a `csv.writer` whose rows end in one line feed.

    `csv.writer(file, lineterminator="\\n")` leaves a carriage return without
    quotes before Python 3.13, and every reader ends a row at it.

    Args:
        file: A text file, opened with `newline=""`.

    Example:

    ```python
    import csv, io
    from zoo.plain_csv import table_writer

    file = io.StringIO(newline="")
    table_writer(file).writerow(["a\\rb", "c"])
    assert file.getvalue() == '"a\\rb",c\\n'
    ```
    """
    return csv.writer(_LineFeeds(file))


class _LineFeeds:
    """A file that is given a row at once, with the ending that quotes both."""

    def __init__(self, file):
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")
