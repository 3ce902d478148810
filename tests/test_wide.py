"""The table of long grids: what it names is there."""

import pathlib
import re

import pytest
from wide import TRIED
from wide import tried_rows

_TESTS = pathlib.Path(__file__).parent


@pytest.mark.parametrize("name", TRIED)
def test_each_names_a_test_that_there_is(name):
    file, _, test = name.partition("::")
    places = list(_TESTS.rglob(file))
    assert places, f"there is no {file}"
    found = [
        place
        for place in places
        if re.search(rf"^def {test}\(", place.read_text(), re.MULTILINE)
    ]
    assert len(found) == 1, f"{test} is in {len(found)} files called {file}"


@pytest.mark.parametrize(
    ("rows", "few", "tried"),
    [
        (5, 0, set()),
        (5, 1, {0}),
        (5, 2, {0, 4}),
        (5, 3, {0, 2, 4}),
        (3, 9, {0, 1, 2}),
        (1, 4, {0}),
    ],
)
def test_rows_are_spread_evenly(rows, few, tried):
    assert tried_rows(rows, few) == tried
