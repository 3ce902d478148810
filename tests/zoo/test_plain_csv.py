"""Names as people have them come back from our tables."""

import csv
import io
import pathlib
import re

import pytest

from zoo.plain_csv import table_writer

ROOT = pathlib.Path(__file__).parents[2]
NAMES = [
    *("a\rb", "a\nb", "a\r\nb", "\r", "\n", "b\r\n", 'a"b', '"', "a,b", ","),
    *(
        "",
        " ",
        " a",
        "a;b\tc",
        "'a'",
        "\ufeffa",
        "\udcff",
        "a\x1cb",
        "a\u2028b",
    ),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_reads_back(name):
    rows = [[name], [name, "x"], ["x", name], [name, name, name]]
    file = io.StringIO(newline="")
    table_writer(file).writerows(rows)
    file.seek(0)
    assert list(csv.reader(file, strict=True)) == rows


def test_plain_rows_end_in_one_line_feed():
    file = io.StringIO(newline="")
    assert table_writer(file).writerow(["a", 1, 0.5, None]) == 9
    assert file.getvalue() == "a,1,0.5,\n"


def test_all_our_tables_are_written_by_it():
    found = {
        str(path.relative_to(ROOT))
        for package in ("zoo", "pipelines", "apps")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"csv\.(Dict)?[wW]riter\(", path.read_text())
    }
    assert found == {"zoo/plain_csv.py"}
