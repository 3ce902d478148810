"""Weights of layers inside of layers, Keras's usual way of transfer."""

import keras
import numpy as np
import pytest
import safetensors.numpy

import zoo
from zoo.errors import RequestError
from zoo.nesting import every_layer
from zoo.nesting import layer_at
from zoo.profile import count_macs
from zoo.profile import count_parameters
from zoo.weights.files import variable_names


@pytest.fixture
def build(tiny):
    """A new head on a headless network, as Keras's guides have it."""

    def make(seed=0):
        keras.utils.set_random_seed(seed)
        base = tiny("resnet_cifar", include_top=False, name="base")
        pixels = keras.Input((32, 32, 3))
        x = keras.layers.GlobalAveragePooling2D()(base(pixels))
        x = keras.layers.Reshape((1, -1))(x)
        x = keras.layers.MultiHeadAttention(2, 4, name="mha")(x, x)
        x = keras.layers.Flatten()(x)
        outputs = keras.layers.Dense(2, name="new")(x)
        return keras.Model(pixels, outputs, name="mine")

    return make


def test_every_weight_comes_back(build, tmp_path, pictures):
    model, other = build(0), build(1)
    path = tmp_path / "net.safetensors"
    zoo.save_weights(model, path)
    images = pictures(32, 2)
    assert not np.allclose(other(images), model(images))
    report = zoo.load_weights(other, path)
    assert len(report.matched) == len(model.weights)
    assert np.array_equal(other(images), model(images))


def test_keras_reads_the_other_format(build, tmp_path):
    model, other = build(0), build(1)
    zoo.save_weights(model, tmp_path / "net.weights.h5")
    other.load_weights(tmp_path / "net.weights.h5")
    for mine, theirs in zip(model.weights, other.weights, strict=True):
        assert np.array_equal(mine, theirs)


def test_names_say_where_a_weight_is(build, tmp_path):
    model = build()
    zoo.save_weights(model, tmp_path / "net.safetensors")
    held = safetensors.numpy.load_file(tmp_path / "net.safetensors")
    assert len(held) == len(model.weights)
    assert {"base/stem_conv/kernel", "mha/query/kernel", "new/bias"} <= set(
        held
    )
    key = model.get_layer("mha").key_dense.kernel
    assert np.array_equal(held["mha/key/kernel"], key)


def test_two_weights_of_one_name_are_refused():
    class Twins(keras.Model):
        def __init__(self):
            super().__init__()
            self.twins = [keras.layers.Dense(3, name="fc") for _ in range(2)]

        def call(self, x):
            return self.twins[1](self.twins[0](x))

    model = Twins()
    model(np.zeros((1, 3)))
    with pytest.raises(RequestError, match="both be called 'fc/kernel'"):
        variable_names(model)


def test_a_layer_used_twice_is_there_once():
    shared = keras.layers.Dense(4, name="fc")
    inputs = keras.Input((4,))
    inner = keras.Sequential([keras.Input((4,)), shared], name="inner")
    model = keras.Model(inputs, inner(shared(inputs)))
    assert list(variable_names(model)) == ["fc/kernel", "fc/bias"]


def test_what_is_counted_is_inside_as_well(build, tiny):
    model = build()
    base = tiny("resnet_cifar", include_top=False)
    features = base.output_shape[-1]
    assert count_macs(model) == count_macs(base) + 2 * features
    trainable, moving = count_parameters(model)
    assert moving == count_parameters(base)[1] > 0
    assert trainable + moving == model.count_params()
    names = [layer.name for layer in every_layer(model)]
    assert {"stem_conv", "query", "new"} <= set(names)


def test_position_embeddings_inside_of_a_layer(tiny, tmp_path):
    """Of a base that is not square, loaded at another size."""

    def build(side):
        base = tiny("vit", include_top=False, input_shape=side, name="base")
        pixels = keras.Input(side)
        x = keras.layers.GlobalAveragePooling1D()(base(pixels))
        return keras.Model(pixels, keras.layers.Dense(2, name="new")(x))

    path = tmp_path / "net.safetensors"
    zoo.save_weights(build((16, 32, 3)), path)
    report = zoo.load_weights(build((32, 64, 3)), path)
    key = "base/stem_tokens/position_embeddings"
    assert report.adapted == ((key, "resampled to another size"),)


def test_every_layer_comes_once():
    shared = keras.layers.Dense(4, name="fc")
    inputs = keras.Input((4,), name="in")
    inner = keras.Sequential([keras.Input((4,)), shared], name="inner")
    model = keras.Model(inputs, inner(shared(inputs)))
    names = [layer.name for layer in every_layer(model)]
    assert names.count("fc") == 1
    norm = keras.layers.BatchNormalization()
    inner = keras.Sequential([keras.Input((4,)), norm])
    twice = keras.Model(inputs, inner(norm(inputs)))
    assert count_parameters(twice) == (8, 8)


def test_a_place_that_is_not_there():
    base = keras.Sequential([keras.layers.Dense(3, name="fc")], name="base")
    assert layer_at(base, "fc").units == 3
    with pytest.raises(LookupError, match="'base' holds no layer 'fd'"):
        layer_at(base, "fd/kernel")
