"""What equal pictures mean, by their labels and parts."""

import pytest

from pipelines.data.copies.meaning import meaning_of
from pipelines.data.copies.meaning import places_by_meaning

LABELS = ["ant", "ant", "ant", "bee", "bee"]
PARTS = ["train", "train", "val", "train", "val"]


@pytest.mark.parametrize(
    ("places", "meaning"),
    [
        ([0, 1], "copy"),
        ([0, 2], "leak"),
        ([0, 3], "conflict"),
        ([0, 4], "conflict"),
        ([0, 1, 2], "leak"),
        ([0, 1, 2, 4], "conflict"),
    ],
)
def test_the_worst_that_can_be_said(places, meaning):
    assert meaning_of(LABELS, PARTS, places) == meaning


def test_the_worst_comes_first_and_a_picture_once():
    pairs = [(0, 1), (0, 2), (3, 0), (3, 1)]
    found = places_by_meaning(LABELS, PARTS, pairs)
    assert list(found.items()) == [
        ("conflict", [0, 1, 3]),
        ("leak", [0, 2]),
        ("copy", [0, 1]),
    ]
