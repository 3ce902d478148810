"""Counting, against arithmetic."""

import keras
import pytest

import zoo
from zoo.layers import SelfAttention
from zoo.profile import count_macs
from zoo.profile import count_parameters
from zoo.profile import layer_macs


@pytest.fixture
def model():
    layers = keras.layers
    x = inputs = keras.Input((9, 12, 4))
    x = layers.Conv2D(6, 3, strides=2, padding="same", name="conv")(x)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.DepthwiseConv2D(3, use_bias=False, name="depthwise")(x)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Conv2D(2, 1, name="gate")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(5, name="dense")(x))


def test_macs_are_counted_at_the_output_of_each_layer(model):
    expected = {
        "conv": 5 * 6 * 3 * 3 * 4 * 6,
        "bn": 0,
        "depthwise": 3 * 4 * 3 * 3 * 6,
        "gate": 6 * 2,
        "dense": 2 * 5,
    }
    found = {name: layer_macs(model.get_layer(name)) for name in expected}
    assert found == expected
    assert count_macs(model) == sum(expected.values())


def test_parameters_do_not_depend_on_what_is_frozen(model):
    expected = (9 * 4 * 6 + 6 + 2 * 6 + 9 * 6 + 14 + 15, 2 * 6)
    assert count_parameters(model) == expected
    model.trainable = False
    assert count_parameters(model) == expected


def test_attention_counts_its_two_products():
    inputs = keras.Input((5, 3 * 8))
    model = keras.Model(inputs, SelfAttention(2)(inputs))
    scores = 2 * 5 * 5 * 4  # heads, queries, keys, channels of a head
    assert count_macs(model) == scores + scores


def test_macs_need_a_fixed_size(no_weights):
    with no_weights():
        model = zoo.create_model("resnet20", input_shape=(None, 32, 3))
    with pytest.raises(ValueError, match="Expected a model with a fixed"):
        count_macs(model)
