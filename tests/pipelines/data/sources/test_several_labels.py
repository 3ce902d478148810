"""Tables in which a picture has several classes, or none."""

import csv
import os

import numpy as np
import pytest

from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from zoo.errors import DataError
from zoo.errors import RequestError

ROWS = (
    ("train", "ant", "bee"), ("train", "bee"), ("train",), ("val", "ant"),
    ("val", "ant", "cat"), ("train", "cat"),
)  # fmt: skip
LABELS = [[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]]
NAMES = ("ant", "bee", "cat")


@pytest.fixture
def make(write):
    """Returns a function: writes a table of `ROWS`."""

    def table(header, row, name="list.csv"):
        folder = write(*(f"{i}.png" for i in range(len(ROWS))))
        with open(folder / name, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for i, (part, *shown) in enumerate(ROWS):
                writer.writerow([f"{i}.png", part, *row(shown)])
        return str(folder / name)

    return table


def flags(shown):
    return [int(name in shown) for name in ("cat", "ant", "bee")]


def check(examples):
    """All pictures of the table, however it says it."""
    assert examples.class_names == NAMES and examples.several
    places = [int(os.path.basename(name)[0]) for name in examples.names]
    np.testing.assert_array_equal(
        examples.labels, [LABELS[place] for place in places]
    )


def test_columns_of_0_and_1(make):
    path = make(("filename", "split", "cat", "ant", "bee"), flags)
    splits = open_splits(path)
    check(splits.train)
    check(splits.validation)
    assert "by 3 columns of 0 and 1, several classes a picture" in splits.note
    check(open_held_out(path, part="val"))


@pytest.mark.parametrize("separator", ["|", ", ", ";"])
def test_a_separator(make, separator):
    path = make(("path", "split", "labels"), lambda s: [separator.join(s)])
    named = NamedColumns(separator=separator.strip())
    check(open_splits(path, named=named).train)


def test_lists_in_json(make):
    path = make(
        ("path", "split", "label"),
        lambda shown: ["[" + ", ".join(f'"{s}"' for s in shown) + "]"],
    )
    check(open_splits(path).train)


@pytest.mark.parametrize("written", [str, lambda s: str(s) if s else ""])
def test_lists_as_python_writes_them(make, written):
    path = make(("path", "split", "label"), lambda shown: [written(shown)])
    check(open_splits(path).train)


def test_names_in_lists_may_hold_anything(make):
    names = {"ant": "it's", "bee": 'a "b", c', "cat": "7"}
    path = make(
        ("path", "split", "label"),
        lambda shown: [str([names[each] for each in shown])],
    )
    assert open_splits(path).train.class_names == tuple(sorted(names.values()))
    numbers = {"ant": 0, "bee": 1, "cat": 2}
    path = make(
        ("path", "split", "label"),
        lambda shown: [str([numbers[each] for each in shown])],
    )
    train = open_splits(path).train
    assert train.class_names == ("0", "1", "2") and train.labels[0].sum() == 2


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("cat", r"row 5: the label .*cat.* is no list, as others are"),
        ("['ant' 'bee']", r"row 5: the label .* looks like a list, but is"),
        ('["ant", "bee"', r"row 5: the label .* looks like a list, but is"),
        ('["ant", ["bee"]]', r"row 5: the label .* looks like a list, but"),
        ("[" * 9999, r"row 5: the label .* is no list, as others are"),
    ],
    ids=["plain", "numpy", "cut", "nested", "deep"],
)
def test_a_cell_that_is_no_list_beside_lists(make, cell, said):
    cells = iter(['["ant"]', '["bee"]', "", cell, "[]", '["ant", "bee"]'])
    path = make(("path", "split", "label"), lambda shown: [next(cells)])
    with pytest.raises(DataError, match=said):
        open_splits(path)


def test_a_separator_that_separates_nothing(make):
    named = NamedColumns(separator="|")
    path = make(("filename", "split", "cat", "ant", "bee"), flags)
    with pytest.raises(RequestError, match="by columns of 0 and 1, between"):
        open_splits(path, named=named)
    path = make(("path", "split", "label"), lambda shown: [str(shown)])
    with pytest.raises(DataError, match=r"which needs no separator\. Leave"):
        open_splits(path, named=named)
    path = make(("path", "split", "label"), lambda s: [";".join(s) or "cat"])
    for opener in (open_splits, open_held_out):
        with pytest.raises(RequestError, match=r"no labels of .*ant;bee"):
            opener(path, named=named)
    path = make(("path", "split", "label"), lambda shown: [*shown, "cat"][:1])
    named = NamedColumns(separator="|", several=True)
    assert open_splits(path, named=named).train.labels.sum(axis=1).max() == 1


def test_names_and_their_order_from_a_list(make, write):
    path = make(("path", "split", "labels"), lambda s: ["|".join(s)])
    with open(path.replace(".csv", ".classes.json"), "w") as file:
        file.write('["cat", "dog", "bee", "ant"]')
    train = open_splits(path, named=NamedColumns(separator="|")).train
    assert train.class_names == ("cat", "dog", "bee", "ant")
    assert train.labels.tolist() == [
        [0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0],
    ]  # fmt: skip


def test_no_row_with_several(make):
    def one(shown):
        return flags(shown[:1])

    path = make(("filename", "split", "cat", "ant", "bee"), one)
    with pytest.raises(DataError, match=r"row 4: no class has a 1\. Where pic"):
        open_splits(path)
    splits = open_splits(path, named=NamedColumns(several=True))
    assert splits.train.labels.sum(axis=1).tolist() == [1, 1, 0, 1]


def test_what_is_refused(make):
    path = make(("path", "split", "a", "b"), lambda s: [1, 2 * len(s)])
    with pytest.raises(DataError, match="row 1: expected the header"):
        open_splits(path)
    path = make(("path", "split", "labels"), lambda s: [""])
    with pytest.raises(
        DataError, match=r"has no class\. Expected at least two"
    ):
        open_splits(path, named=NamedColumns(separator="|"))
    folder = os.path.dirname(path)
    with pytest.raises(RequestError, match=r"`label_separator=\|` is for tab"):
        open_splits(folder, named=NamedColumns(separator="|"))


@pytest.mark.parametrize(
    ("cells", "separator", "row"),
    [
        (["[0, 1, 0]", "[1, 0, 0]", "[0, 0, 1]"], None, 2),
        (["[0, 1]", "[1, 0]", "[0, 1]"], None, 2),
        (['["0", "1", "1"]', "[1, 0, 0]", ""], None, 2),
        # One cell that says a label twice is enough.
        (["[2]", "[1, 0, 0]", "[0]"], None, 3),
        (["0|1|0", "1|0|0", "0|0|1"], "|", 2),
    ],
    ids=["ones", "pairs", "texts", "among", "separated"],
)
def test_flags_in_a_cell_are_no_labels(make, cells, separator, row):
    each = iter(cells * 2)
    path = make(("path", "split", "label"), lambda s: [next(each)])
    named = NamedColumns(separator=separator)
    with pytest.raises(DataError, match=rf"row {row}: .* a 0 or 1 for each c"):
        open_splits(path, named=named)


def test_numbers_that_are_labels_stay_labels(make):
    cells = iter(["[0, 1]", "[2]", "[]", "[1]", "[0]", "[0, 2]"])
    path = make(("path", "split", "label"), lambda s: [next(cells)])
    splits = open_splits(path)
    assert splits.train.class_names == ("0", "1", "2")
    rows = [[1, 1, 0], [0, 0, 1], [0, 0, 0], [1, 0, 1]]
    assert splits.train.labels.tolist() == rows


@pytest.mark.parametrize(
    "cell",
    [
        "[ant, bee]",
        "[ant]",
        "[1.0, 2.0]",
        "[0 1 0]",
        "[true, false]",
        "('ant', 'bee')",
        "(0, 1)",
        "{'ant', 'bee'}",
        '{"ant": 1}',
        "array([0, 1])",
        "frozenset({'ant'})",
        "['ant', ...",
    ],
)
def test_what_is_like_a_list_is_no_class(make, cell):
    path = make(("path", "split", "label"), lambda s: [cell])
    with pytest.raises(DataError, match="looks like a list, but is none"):
        open_splits(path)


def test_names_with_brackets_are_names(make):
    cells = iter(["(none)", "ant (red", "bee [2]"] * 2)
    path = make(("path", "split", "label"), lambda s: [next(cells)])
    names = open_splits(path).train.class_names
    assert set(names) == {"(none)", "ant (red", "bee [2]"}
