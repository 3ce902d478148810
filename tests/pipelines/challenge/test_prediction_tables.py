"""Tables of predictions: what is wrong with one is said with its row."""

import numpy as np
import pytest

from pipelines.challenge.prediction_tables import read_predictions
from zoo.errors import DataError

NAMES = ("ant", "bee", "cat", "dog", "eel", "fly")
PICTURES = ("1.png", "2.png", "3.png")
HEADER = "picture," + ",".join(NAMES)
ROWS = (
    "1.png,0.5,0.3,0.1,0.1,0,0",
    "some/folder/2.png,0,0,0,0,0,1",
    "C:\\folder\\3.png,0.2,0.2,0.2,0.2,0.1,0.1",
)
FIVE = "picture,predicted," + ",".join(f"predicted_{i}" for i in range(2, 6))


def read(tmp_path, *lines):
    path = tmp_path / "table.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    return read_predictions(path, PICTURES, NAMES)


def test_probabilities_in_any_order_of_columns(tmp_path):
    found = read(tmp_path, HEADER, *ROWS)
    np.testing.assert_allclose(found[0], [0.5, 0.3, 0.1, 0.1, 0, 0])
    assert found[1].tolist() == [0, 0, 0, 0, 0, 1]
    turned = [
        ",".join([line.split(",")[0], "x", *line.split(",")[:0:-1]])
        for line in (HEADER, *ROWS)
    ]
    np.testing.assert_array_equal(read(tmp_path, *turned), found)


def test_five_labels_in_their_order(tmp_path):
    rows = [f"{name},fly,ant,bee,cat,dog" for name in PICTURES]
    found = read(tmp_path, FIVE, *rows)
    assert found[2].tolist() == [4, 3, 2, 1, 0, 5]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "no column 'picture'"),
        (["name,ant"], "no column 'picture'"),
        ([HEADER + ",ant", *ROWS], "the column 'ant' twice"),
        ([HEADER.replace("fly", "flea"), *ROWS], "the class 'fly', nor"),
        ([HEADER, *ROWS[:2]], "is short: 2 rows, expected 3. Row 3 would be 3"),
        ([HEADER], "is short: 0 rows"),
        ([HEADER, *ROWS, "4.png,1,0,0,0,0,0"], "row 4: '4.png' is more than"),
        ([HEADER, ROWS[0], ROWS[2], ROWS[1]], "row 2: expected 2.png, rec"),
        ([HEADER, ROWS[0], ROWS[0], ROWS[2]], "row 2: '1.png' is there twice"),
        ([HEADER, ROWS[0], "2.png,1,0", ROWS[2]], "row 2: 3 cells, expected 7"),
        ([HEADER, "1.png,nan,1,0,0,0,0", *ROWS[1:]], "row 1: nan is no prob"),
        ([HEADER, "1.png,inf,0,0,0,0,0", *ROWS[1:]], "row 1: inf is no prob"),
        ([HEADER, "1.png,,1,0,0,0,0", *ROWS[1:]], "row 1: '' is no number"),
        ([HEADER, "1.png,-1,2,0,0,0,0", *ROWS[1:]], "row 1: -1.0 is no prob"),
        ([HEADER, "1.png,.5,.3,0,0,0,0", *ROWS[1:]], "add up to 0.8000"),
        ([FIVE, "1.png,fly,ant,bee,cat,cow"], "row 1: there is no class 'cow'"),
        ([FIVE, "1.png,fly,ant,bee,cat,fly"], "row 1: 'fly' is there twice"),
        ([FIVE, "1.png,fly,ant,bee,cat,"], "row 1: there is no class ''"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(tmp_path, lines, said):
    with pytest.raises(DataError) as caught:
        read(tmp_path, *lines)
    assert said in str(caught.value)


def test_what_is_no_text(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"picture,\xff\n")
    with pytest.raises(DataError, match="is no text in UTF-8"):
        read_predictions(path, PICTURES, NAMES)
    path.write_text('picture,ant\n"1.png')
    with pytest.raises(DataError, match="is no CSV file"):
        read_predictions(path, PICTURES, ("ant",))
