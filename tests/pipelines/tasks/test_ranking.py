"""Among the best or not: the same in a graph and in NumPy."""

import numpy as np
import pytest

from pipelines.tasks.ranking import hits
from pipelines.tasks.ranking import in_top

LOGITS = np.array([[3, 1, 2, 0], [0, 1, 2, 3], [1, 1, 0, 0]], "float32")


@pytest.mark.parametrize(
    ("labels", "k", "expected"),
    [
        ([0, 0, 0], 1, [1, 0, 1]),
        ([1, 3, 1], 1, [0, 1, 0]),
        ([1, 1, 2], 2, [0, 0, 0]),
        ([1, 1, 2], 3, [1, 1, 1]),
        ([3, 0, 3], 4, [1, 1, 1]),
    ],
)
def test_in_top_and_ties(labels, k, expected):
    # Of equal logits the first one wins.
    found = in_top(LOGITS, np.array(labels), k)
    np.testing.assert_array_equal(found, np.array(expected, bool))


def test_nan_is_never_right():
    nan = np.nan
    logits = np.array([[nan, nan], [nan, 1], [1, nan]], "float32")
    for k in (1, 5):
        for label in (0, 1):
            assert not in_top(logits, np.full(3, label), k).any()


def test_hits_equal_numpy():
    random = np.random.default_rng(1)
    logits = np.round(5 * random.normal(size=(300, 9)).astype("float32"))
    labels = random.integers(0, 9, 300).astype("int32")
    assert any(len(set(row)) < 9 for row in logits)
    for found, k in zip(hits(labels, logits, (1, 5)), (1, 5), strict=True):
        np.testing.assert_array_equal(found, in_top(logits, labels, k))
        assert 0 < np.mean(found) < 1


def test_hits_of_ties_and_of_nan():
    nan = np.nan
    logits = np.array(
        [[1, 1, 0], [1, 1, 0], [nan, 1, 0], [0, nan, 0], [nan] * 3], "float32"
    )
    top1, top5 = hits(np.array([0, 1, 1, 1, 1]), logits, (1, 5))
    np.testing.assert_array_equal(top1, [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(top5, [1, 1, 0, 0, 0])


def test_of_probabilities_the_most_probable_class_counts():
    random = np.random.default_rng(2)
    logits, labels = random.normal(size=(50, 7)), random.integers(0, 7, 50)
    shares = 0.6 * np.eye(7)[labels] + 0.4 / 7
    for one, other in zip(
        hits(shares, logits, (1, 5)), hits(labels, logits, (1, 5)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
