"""The running mean of the weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.training.averaging import WeightAverage


@pytest.fixture
def model():
    pixels = keras.Input((1,))
    x = keras.layers.Dense(1, use_bias=False, name="dense")(pixels)
    x = keras.layers.BatchNormalization(name="bn")(x)
    model = keras.Model(pixels, keras.layers.Dropout(0.5)(x))
    model.get_layer("dense").set_weights([np.zeros((1, 1))])
    return model


def set_to(model, value):
    model.get_layer("dense").set_weights([np.full((1, 1), value)])
    model.get_layer("bn").moving_mean.assign([2 * value])


def values(model):
    kernel = model.get_layer("dense").kernel.numpy().item()
    return kernel, model.get_layer("bn").moving_mean.numpy().item()


@pytest.mark.parametrize("traced", [False, True])
def test_it_follows_the_formula(model, traced):
    average = WeightAverage(model, 0.3, tf.distribute.get_strategy())
    update = tf.function(average.update) if traced else average.update
    expected = 0.0
    for n, value in enumerate((1.0, 2.0, 5.0, 1.0, 1.0)):
        set_to(model, value)
        update()
        decay = min(0.3, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * value
    with average.in_place():
        assert values(model) == pytest.approx((expected, 2 * expected))
    assert values(model) == (1.0, 2.0)
    average.give()
    assert values(model) == pytest.approx((expected, 2 * expected))


def test_the_model_is_put_back_after_an_error(model):
    average = WeightAverage(model, 0.9, tf.distribute.get_strategy())
    set_to(model, 7.0)
    with pytest.raises(KeyError), average.in_place():
        assert values(model) == (0, 0)
        raise KeyError
    assert values(model) == (7, 14)


def test_seeds_are_not_averaged(model):
    average = WeightAverage(model, 0.9, tf.distribute.get_strategy())
    shapes = [tuple(v.shape) for v in average.variables]
    # A kernel, BatchNorm's four, and how often it was updated.
    assert shapes == [(1, 1), (1,), (1,), (1,), (1,), ()]
    assert all(np.isfinite(v.numpy()).all() for v in average.variables)
