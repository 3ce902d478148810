"""A network on pictures of another size is the same network."""

import numpy as np
import pytest

import zoo
from zoo.errors import RequestError


@pytest.fixture
def pixels():
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (2, 24, 24, 3), "uint8")


def test_it_computes_what_a_model_built_for_that_size_does(pixels):
    model = zoo.create_model("resnet20", classes=3)
    smaller = zoo.resized(model, (24, 24, 3))
    built = zoo.create_model("resnet20", classes=3, input_shape=(24, 24, 3))
    built.set_weights(model.get_weights())
    assert smaller.input.dtype == model.input.dtype
    np.testing.assert_array_equal(
        np.asarray(smaller(pixels)), np.asarray(built(pixels))
    )
    assert model.input.shape == (None, 32, 32, 3)
    assert model(np.zeros((1, 32, 32, 3), "uint8")).shape == (1, 3)


def test_the_layers_are_shared():
    model = zoo.create_model("resnet20")
    smaller = zoo.resized(model, (24, 24, 3))
    assert smaller.name == model.name
    assert [id(v) for v in smaller.variables] == [
        id(v) for v in model.variables
    ]
    model.get_layer("stage1_block1_conv1").trainable = False
    assert len(smaller.trainable_variables) == len(model.trainable_variables)
    # What is looked up in the model is still what it was.
    assert zoo.stages(model)[0].output.shape == (None, 32, 32, 16)


def test_parts_of_a_model(pixels):
    model = zoo.create_model("resnet20")
    below, above = zoo.split(model, "stage2")
    lower = zoo.resized(below, (24, 24, 3))
    upper = zoo.resized(above, lower.output.shape[1:])
    whole = zoo.resized(model, (24, 24, 3))
    np.testing.assert_array_equal(
        np.asarray(upper(lower(pixels))), np.asarray(whole(pixels))
    )


def test_the_same_size_is_the_model_itself():
    model = zoo.create_model("resnet20")
    assert zoo.resized(model, (32, 32, 3)) is model


@pytest.mark.parametrize("name", ["alexnet_cifar", "vit_s16"])
def test_weights_for_each_place_fit_one_size(name):
    model = zoo.create_model(name, classes=3, input_shape=(64, 64, 3))
    with pytest.raises(
        RequestError, match=rf"'{name}' takes inputs of \(64, 64, 3\) only"
    ):
        zoo.resized(model, (48, 48, 3))
