"""Class weights, logit adjustment, few shots and label noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.balance import class_weights
from pipelines.data.balance import example_weights
from pipelines.data.balance import logit_adjustment
from pipelines.data.balance import noisy_labels
from pipelines.data.balance import shots
from zoo.errors import DataError
from zoo.errors import RequestError

COUNTS = np.array([60, 30, 10])


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_weights_keep_the_size_of_the_loss(power):
    weights = class_weights(COUNTS, power)
    assert weights @ COUNTS == pytest.approx(COUNTS.sum())
    np.testing.assert_allclose(
        weights / weights[0], (COUNTS / 60.0) ** -power, rtol=1e-6
    )


def test_an_empty_class_weighs_nothing():
    np.testing.assert_allclose(class_weights([4, 0, 1]), [0.625, 0, 2.5])


def test_hard_labels_weigh_as_in_keras():
    weights = class_weights(COUNTS)
    targets = np.eye(3, dtype="float32")[[2, 0, 1, 1]]
    np.testing.assert_allclose(
        example_weights(targets, weights), weights[[2, 0, 1, 1]]
    )


def test_soft_labels_weigh_what_their_classes_do():
    weights = class_weights(COUNTS)
    mixed = np.array([[0.7, 0.0, 0.3], [0.5, 0.5, 0.0]], "float32")
    np.testing.assert_allclose(
        example_weights(mixed, weights),
        [
            0.7 * weights[0] + 0.3 * weights[2],
            0.5 * weights[0] + 0.5 * weights[1],
        ],
        rtol=1e-6,
    )


def test_adjusted_logits_make_the_plain_ones_balanced():
    # Menon et al., equation 10: with p(x|y) alike, the best adjusted logits
    # equal the log prior, so that the plain ones are equal.
    adjustment = logit_adjustment(COUNTS)
    np.testing.assert_allclose(np.exp(adjustment), COUNTS / 100, rtol=1e-6)
    logits = tf.Variable(tf.zeros(3))
    labels = np.repeat([0, 1, 2], COUNTS)
    for _ in range(300):
        with tf.GradientTape() as tape:
            rows = tf.tile((logits + adjustment)[tf.newaxis], [100, 1])
            loss = tf.reduce_mean(
                keras.losses.sparse_categorical_crossentropy(
                    labels, rows, from_logits=True
                )
            )
        logits.assign_sub(tape.gradient(loss, logits))
    np.testing.assert_allclose(np.ptp(logits), 0, atol=1e-4)


def test_adjustment_grows_with_tau_and_needs_every_class():
    np.testing.assert_allclose(
        logit_adjustment(COUNTS, 2.0), 2 * logit_adjustment(COUNTS)
    )
    with pytest.raises(DataError, match="every class; class 1 "):
        logit_adjustment([3, 0])


def test_training_draws_balanced_epochs(coded, batches):
    examples = coded(30).subset([*range(0, 30, 3), 1, 4, 2, 5])
    assert examples.counts().tolist() == [10, 2, 2]
    data, _ = batches(examples, 7, side=8, balance=1.0)
    assert data.steps_per_epoch == 2
    seen = list(data.dataset.take(10).as_numpy_iterator())
    labels = np.concatenate([batch[1] for batch in seen]).reshape(5, 14)
    for epoch in labels:
        np.testing.assert_array_equal(np.bincount(epoch), [5, 5, 4])
    pictures = np.concatenate([batch[0] for batch in seen])[:, 0, 0, 0]
    np.testing.assert_array_equal(pictures % 3, labels.flatten())
    assert len(set(pictures[:28])) == 14


def test_shots_are_stratified_nested_and_repeatable(held):
    labels = np.repeat([2, 0, 1], [9, 5, 7])
    examples = held([b""] * 21, labels, "abc")
    few, same, more, other = (
        examples.subset(shots(examples, count, seed))
        for count, seed in ((2, 1), (2, 1), (4, 1), (2, 2))
    )
    np.testing.assert_array_equal(few.counts(), [2, 2, 2])
    assert few.names == same.names != other.names
    assert set(few.names) < set(more.names)


def test_too_many_shots(held):
    examples = held([b""] * 5, [0, 0, 0, 1, 1], "ab")
    with pytest.raises(DataError, match=r"'b' \(2\)\. Give at most 2\."):
        shots(examples, 3)
    with pytest.raises(RequestError, match="`shots` is 1 or more"):
        shots(examples, 0)


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_noise_has_its_exact_rate(rate):
    labels = np.random.default_rng(0).integers(0, 5, 1000).astype("int32")
    noisy = noisy_labels(labels, 5, rate, seed=3)
    assert (noisy != labels).mean() == rate and noisy.dtype == np.int32
    assert noisy.min() >= 0 and noisy.max() < 5
    np.testing.assert_array_equal(noisy, noisy_labels(labels, 5, rate, seed=3))
    if rate:
        assert set((noisy - labels) % 5) - {0} == {1, 2, 3, 4}
        assert (noisy != noisy_labels(labels, 5, rate, seed=4)).any()
