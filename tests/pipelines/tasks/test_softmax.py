"""Softmax and its logarithms, by hand and at the extremes."""

import keras
import numpy as np

from pipelines.tasks.softmax import cross_entropy
from pipelines.tasks.softmax import mean_of_probabilities
from pipelines.tasks.softmax import softmax


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
