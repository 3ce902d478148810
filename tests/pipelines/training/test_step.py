"""The step: its loss, and what it moves."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.devices.logits import make_logits_step
from pipelines.tasks.classification import Classification
from pipelines.tasks.losses import smoothed_cross_entropy
from pipelines.training.fine_tuning.freezing import freeze_below
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.step import StepOptions
from pipelines.training.step import make_train_step
from pipelines.training.step import measures_of

ONE = tf.distribute.get_strategy()


def some_logits(count=50, classes=7, scale=5.0):
    random = np.random.default_rng(1)
    logits = scale * random.normal(size=(count, classes)).astype("float32")
    return random.integers(0, classes, count).astype("int32"), logits


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_the_loss_equals_that_of_keras(smoothing):
    labels, logits = some_logits()
    expected = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction="none"
    )(keras.utils.to_categorical(labels, 7), logits)
    found = smoothed_cross_entropy(labels, logits, smoothing)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_of_labels_that_are_probabilities(smoothing):
    labels, logits = some_logits()
    shares = np.random.default_rng(2).dirichlet(np.ones(7), len(labels))
    expected = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction="none"
    )(shares, logits)
    found = smoothed_cross_entropy(shares.astype("float32"), logits, smoothing)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_loss_by_hand_and_where_logits_are_huge():
    logits = np.log(np.array([[0.7, 0.2, 0.1]], "float32"))
    (loss,) = smoothed_cross_entropy([1], logits, 0.3).numpy()
    expected = -(0.8 * np.log(0.2) + 0.1 * np.log(0.7) + 0.1 * np.log(0.1))
    assert loss == pytest.approx(expected, abs=1e-6)
    losses = smoothed_cross_entropy([0, 1], [[1e4, 0.0], [1e4, 0.0]]).numpy()
    np.testing.assert_array_equal(losses, [0, 1e4])


def linear():
    pixels = keras.Input((2,))
    model = keras.Model(pixels, keras.layers.Dense(3, name="dense")(pixels))
    model.layers[-1].set_weights([np.ones((2, 3)), np.zeros(3)])
    return model


def test_one_step_equals_numpy():
    model = linear()
    optimizer = SGDWithL2(0.5, momentum=0.0, nesterov=False)
    optimizer.build(model.trainable_variables)
    step = make_train_step(
        model, optimizer, ONE, task=Classification(), global_batch_size=4
    )
    x = np.array([[1, 2], [0, 1], [3, 0], [1, 1]], "float32")
    labels = np.array([0, 1, 2, 0], "int32")
    sums = step(tf.constant(x), tf.constant(labels)).numpy()
    # All logits of a row are equal: a third each.
    np.testing.assert_allclose(sums[:4], [4 * np.log(3), 2, 4, 4], rtol=1e-6)
    error = np.full((4, 3), 1 / 3) - np.eye(3)[labels]
    kernel, bias = model.layers[-1].get_weights()
    np.testing.assert_allclose(kernel, 1 - 0.5 * x.T @ error / 4, atol=1e-6)
    np.testing.assert_allclose(bias, -0.5 * error.sum(axis=0) / 4, atol=1e-6)


def test_the_gradient_is_of_the_global_batch():
    moved = []
    for size in (4, 8):
        model = linear()
        optimizer = SGDWithL2(0.5, momentum=0.0, nesterov=False)
        step = make_train_step(
            model, optimizer, ONE, task=Classification(), global_batch_size=size
        )
        step(tf.ones((4, 2)), tf.zeros((4,), tf.int32))
        moved.append(model.layers[-1].get_weights()[1])
    np.testing.assert_allclose(moved[0], 2 * moved[1], rtol=1e-6)


def test_a_step_moves_what_is_trainable_and_nothing_else(tiny, noise):
    model = tiny()
    optimizer = SGDWithL2(0.1)
    optimizer.build(model.trainable_variables)
    freeze_below(model, "stage2", freeze_batch_norm=True)
    before = [variable.numpy() for variable in model.variables]
    step = make_train_step(
        model, optimizer, ONE, task=Classification(), global_batch_size=2
    )
    pictures = np.stack([noise(16, 16), noise(16, 16, seed=1)])
    step(tf.constant(pictures), tf.constant([0, 1]))
    learning = {variable.path for variable in model.trainable_variables}
    assert learning == {
        "stage2_block1_conv1/kernel",
        "stage2_block1_conv2/kernel",
        "head_logits/kernel",
        "head_logits/bias",
    }
    for variable, value in zip(model.variables, before, strict=True):
        moved = (variable.numpy() != value).any()
        assert moved == (variable.path in learning), variable.path


def test_the_logits_step_is_inference(tiny, noise):
    model = tiny(dropout=0.9)
    pictures = np.stack([noise(16, 16, seed=i) for i in range(3)])
    logits = make_logits_step(model, ONE)(tf.constant(pictures)).numpy()
    expected = np.asarray(model(pictures, training=False))
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def _moved(options=None):
    """One plain step of four examples; returns the kernel and the measures."""
    model = linear()
    optimizer = SGDWithL2(0.5, momentum=0.0, nesterov=False)
    optimizer.build(model.trainable_variables)
    step = make_train_step(
        model,
        optimizer,
        ONE,
        task=Classification(),
        global_batch_size=4,
        options=options,
    )
    x = np.array([[1, 2], [0, 1], [3, 0], [1, 1]], "float32")
    labels = np.array([0, 1, 2, 0], "int32")
    measures = step(tf.constant(x), tf.constant(labels)).numpy()
    return model.layers[-1].get_weights(), dict(
        zip(measures_of(Classification()), measures.tolist(), strict=True)
    )


def test_in_parts_it_is_the_same_step():
    whole, expected = _moved()
    for parts in (2, 4):
        found, measures = _moved(StepOptions(accumulate=parts))
        for one, other in zip(whole, found, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
        assert measures == pytest.approx(expected, abs=1e-6)


def test_a_clipped_step_is_a_shorter_one():
    (kernel, bias), measures = _moved()
    start = np.ones((2, 3)), np.zeros(3)
    gradient = [(start[0] - kernel) / 0.5, (start[1] - bias) / 0.5]
    norm = np.sqrt(sum(np.sum(each**2) for each in gradient))
    assert measures["gradient_norm"] == pytest.approx(norm, rel=1e-5)
    (shorter, _), clipped = _moved(StepOptions(clip_norm=norm / 4))
    # The norm that is told is the one before.
    assert clipped["gradient_norm"] == pytest.approx(norm, rel=1e-5)
    np.testing.assert_allclose(
        start[0] - shorter, (start[0] - kernel) / 4, atol=1e-5
    )
    (same, _), _ = _moved(StepOptions(clip_norm=norm * 2))
    np.testing.assert_allclose(same, kernel, atol=1e-6)


def test_what_a_worker_asks_comes_back():
    model = linear()
    optimizer = SGDWithL2(0.5)
    optimizer.build(model.trainable_variables)
    step = make_train_step(
        model, optimizer, ONE, task=Classification(), global_batch_size=1
    )
    batch = tf.zeros((1, 2)), tf.zeros((1,), tf.int32)
    place = measures_of(Classification()).index("asked")
    asked = [
        step(*batch, tf.constant(value)).numpy()[place] for value in (0.0, 1.0)
    ]
    assert asked == [0, 1]
