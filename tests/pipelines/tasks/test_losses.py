"""Losses of logits, every number by hand."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.balance import class_weights
from pipelines.tasks.losses import Loss
from pipelines.tasks.losses import smoothed_cross_entropy
from zoo.errors import RequestError

LOGITS = np.array([[2.0, -1.0, 0.5, 0.0], [0.0, 3.0, -2.0, 1.0]], "float32")
LABELS = np.array([2, 1], "int32")
MIXED = np.array([[0.7, 0.0, 0.3, 0.0], [0.0, 0.9, 0.1, 0.0]], "float32")


def log_softmax(logits):
    logits = logits.astype("float64")
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def both(loss, labels, logits=LOGITS):
    """The values, the same eagerly and in a graph."""
    eager = loss(labels, logits)
    assert eager.dtype == tf.float32 and eager.shape == (2,)
    graph = tf.function(loss)(tf.constant(labels), tf.constant(logits))
    np.testing.assert_array_equal(graph.numpy(), eager.numpy())
    return eager.numpy()


def sigmoid_loss(target, logits):
    logits = logits.astype("float64")
    chance = 1 / (1 + np.exp(-logits))
    each = target * np.log(chance) + (1 - target) * np.log(1 - chance)
    return -each.mean(axis=-1)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("labels", [LABELS, MIXED], ids=["classes", "mixed"])
def test_softmax(labels, smoothing):
    target = np.eye(4)[labels] if labels.ndim == 1 else labels
    target = (1 - smoothing) * target + smoothing / 4
    expected = -(target * log_softmax(LOGITS)).sum(axis=-1)
    found = both(Loss(label_smoothing=smoothing), labels)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    plain = smoothed_cross_entropy(labels, LOGITS, smoothing)
    np.testing.assert_array_equal(found, plain.numpy())


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("labels", [LABELS, MIXED], ids=["classes", "mixed"])
def test_binary(labels, smoothing):
    target = np.eye(4)[labels] if labels.ndim == 1 else labels
    target = (1 - smoothing) * target + smoothing / 4
    loss = Loss("bce", label_smoothing=smoothing)
    np.testing.assert_allclose(
        both(loss, labels), sigmoid_loss(target, LOGITS), rtol=1e-6
    )


def test_smoothing_is_what_timm_has_on_and_off():
    # On 1 - 0.1 + 0.1 / 4, off 0.1 / 4.
    target = np.full((2, 4), 0.025)
    target[[0, 1], LABELS] = 0.925
    found = both(Loss("bce", label_smoothing=0.1), LABELS)
    np.testing.assert_allclose(found, sigmoid_loss(target, LOGITS), rtol=1e-6)


def test_mixed_targets_above_the_threshold_are_ones():
    loss = Loss("bce", target_threshold=0.2)
    full = np.array([[1.0, 0, 1, 0], [0, 1, 0, 0]])
    np.testing.assert_allclose(
        both(loss, MIXED), sigmoid_loss(full, LOGITS), rtol=1e-6
    )
    # What lies on it is not above it.
    edge = np.array([[0.5, 0.5, 0, 0], [1, 0, 0, 0]], "float32")
    np.testing.assert_allclose(
        both(Loss("bce", target_threshold=0.5), edge),
        sigmoid_loss(np.array([[0.0] * 4, [1, 0, 0, 0]]), LOGITS),
        rtol=1e-6,
    )


@pytest.mark.parametrize("kind", ["softmax", "bce"])
def test_classes_weigh_what_they_are_said_to(kind):
    weights = (0.5, 2.0, 1.0, 4.0)
    plain = both(Loss(kind, label_smoothing=0.1), LABELS)
    weighted = both(Loss(kind, 0.1, class_weights=weights), LABELS)
    np.testing.assert_allclose(weighted, plain * [1.0, 2.0], rtol=1e-6)
    plain = both(Loss(kind), MIXED)
    weighted = both(Loss(kind, class_weights=weights), MIXED)
    of_each = [0.7 * 0.5 + 0.3 * 1.0, 0.9 * 2.0 + 0.1 * 1.0]
    np.testing.assert_allclose(weighted, plain * of_each, rtol=1e-6)


def test_weights_have_a_mean_of_one_over_the_pictures():
    counts = np.array([60, 30, 10])
    weights = tuple(class_weights(counts, 0.7).tolist())
    labels = np.repeat([0, 1, 2], counts)
    # Logits of no preference cost every picture the same.
    losses = Loss(class_weights=weights)(labels, np.zeros((100, 3), "float32"))
    assert float(tf.reduce_mean(losses)) == pytest.approx(math.log(3), rel=1e-6)


def test_adjustment_is_added_to_the_logits():
    added = (0.0, -1.5, 2.0, 0.25)
    found = both(Loss(adjustment=added), LABELS)
    shifted = log_softmax(LOGITS + np.array(added))
    np.testing.assert_allclose(found, -shifted[[0, 1], LABELS], rtol=1e-6)


def test_half_precision_is_left_before_the_loss():
    logits = tf.constant([[60000.0, -60000.0]], tf.float16)
    (loss,) = Loss()([1], logits).numpy()
    assert loss == pytest.approx(120000, rel=1e-3)


def test_gradients_are_those_of_keras():
    for kind, keras_loss in (
        ("softmax", keras.losses.CategoricalCrossentropy(from_logits=True)),
        ("bce", keras.losses.BinaryCrossentropy(from_logits=True)),
    ):
        slopes = []
        for loss in (Loss(kind), keras_loss):
            logits = tf.Variable(LOGITS)
            with tf.GradientTape() as tape:
                value = tf.reduce_mean(loss(tf.constant(MIXED), logits))
            slopes.append(tape.gradient(value, logits).numpy())
        np.testing.assert_allclose(*slopes, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "hinge"}, "`loss` is one of softmax, bce. Received: hinge"),
        ({"target_threshold": 0.2}, "which only `loss=bce` can take"),
        ({"kind": "bce", "target_threshold": 1.0}, "lies between 0 and 1"),
        ({"kind": "bce", "target_threshold": 0.0}, "lies between 0 and 1"),
    ],
)
def test_what_is_refused(changes, message):
    with pytest.raises(RequestError, match=message):
        Loss(**changes)
