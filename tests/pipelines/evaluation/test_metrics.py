"""Metrics of logits, by hand."""

import keras
import numpy as np
import pytest

from pipelines.evaluation.metrics import classification_metrics
from pipelines.evaluation.metrics import cross_entropy
from pipelines.evaluation.metrics import in_top
from pipelines.evaluation.metrics import mean_of_probabilities
from pipelines.evaluation.metrics import softmax


def test_cross_entropy_by_hand():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])
    shift = np.array([[3], [-4]])
    logits = (np.log(probabilities) + shift).astype("float32")
    losses = cross_entropy(logits, np.array([1, 2]))
    np.testing.assert_allclose(losses, -np.log([0.25, 0.7]), atol=1e-6)


def test_cross_entropy_equals_that_of_keras():
    random = np.random.default_rng(0)
    logits = 4 * random.normal(size=(40, 6)).astype("float32")
    labels = random.integers(0, 6, 40)
    expected = keras.losses.sparse_categorical_crossentropy(
        labels, logits, from_logits=True
    )
    np.testing.assert_allclose(
        cross_entropy(logits, labels), expected, atol=1e-5
    )


def test_huge_logits_do_not_overflow():
    logits = np.array([[1e30, 0], [-1e30, 0], [5e4, -5e4]], "float32")
    labels = np.array([0, 1, 1])
    np.testing.assert_array_equal(cross_entropy(logits, labels), [0, 0, 1e5])
    np.testing.assert_array_equal(softmax(logits)[:2], [[1, 0], [0, 1]])


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


def test_metrics_by_hand():
    logits = np.zeros((4, 8), "float32")
    logits[:, :6] = np.log([6, 5, 4, 3, 2, 1])
    metrics = classification_metrics(logits, np.array([0, 1, 4, 5]))
    total = 6 + 5 + 4 + 3 + 2 + 1 + 2
    losses = -np.log(np.array([6, 5, 2, 1]) / total)
    assert metrics == {
        "examples": 4,
        "loss": pytest.approx(losses.mean(), abs=1e-6),
        "top1": 0.25,
        "top5": 0.75,
    }


def test_softmax_by_hand():
    probabilities = softmax(np.log(np.array([[1, 3], [2, 2]], "float32")))
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities, [[0.25, 0.75], [0.5, 0.5]])
    np.testing.assert_allclose(softmax(np.array([0.0, 0])), [0.5, 0.5])


def test_the_mean_of_probabilities_holds_at_the_extremes():
    sure, other = np.array([[0.0, 2000.0]]), np.array([[1.0, 0.0]])
    mean = mean_of_probabilities([sure, other])
    assert np.isfinite(mean).all()
    np.testing.assert_allclose(
        softmax(mean), (softmax(sure) + softmax(other)) / 2, rtol=1e-12
    )
    assert mean_of_probabilities([sure]) is sure
