"""AlexNet's names elsewhere, and the order of its numbers there."""

import dataclasses

import numpy as np
import pytest

from zoo import alexnet
from zoo.weights import translation
from zoo.weights.files import variable_names

# The last map has 6x6 pixels: of 227 by itself, of 96 by averaging.
_SIDES = {"alexnet": 227, "alexnet_owt": 96}
_LIBRARIES = {"alexnet": "bvlc", "alexnet_owt": "torchvision"}


def _narrow(name):
    """The variant with an eighth of the channels."""
    spec = alexnet.VARIANTS[name]
    convolutions = tuple(
        dataclasses.replace(conv, filters=conv.filters // 8)
        for conv in spec.convolutions
    )
    spec = dataclasses.replace(spec, convolutions=convolutions, hidden=(7, 6))
    side = _SIDES[name]
    return alexnet.AlexNet(spec, classes=5, input_shape=(side, side, 3))


@pytest.fixture(scope="module", params=_LIBRARIES)
def translated(request):
    """Random values of a model, its table, and the values in their names."""
    generator = np.random.default_rng(0)
    values = {
        name: generator.normal(size=variable.shape).astype("float32")
        for name, variable in variable_names(_narrow(request.param)).items()
    }
    (table,) = (
        table
        for table in translation.TABLES
        if (table.family, table.library)
        == ("alexnet", _LIBRARIES[request.param])
    )
    return values, table, translation.to_theirs(table, values)


def test_there_and_back(translated):
    values, table, theirs = translated
    assert translation.recognise(theirs) == (table,)
    back = translation.to_ours(table, theirs, values)
    assert back.keys() == values.keys()
    for name, value in values.items():
        assert np.array_equal(back[name], value), name


def test_names_and_shapes_are_theirs(translated):
    _, table, theirs = translated
    kernels = {
        name.removesuffix(".weight"): value.shape
        for name, value in theirs.items()
        if name.endswith(".weight")
    }
    if table.library == "bvlc":
        assert kernels == {
            "conv1": (12, 3, 11, 11),
            "conv2": (32, 6, 5, 5),
            "conv3": (48, 32, 3, 3),
            "conv4": (48, 24, 3, 3),
            "conv5": (32, 24, 3, 3),
            "fc6": (7, 32 * 36),
            "fc7": (6, 7),
            "fc8": (5, 6),
        }
    else:
        assert kernels == {
            "features.0": (8, 3, 11, 11),
            "features.3": (24, 8, 5, 5),
            "features.6": (48, 24, 3, 3),
            "features.8": (32, 48, 3, 3),
            "features.10": (32, 32, 3, 3),
            "classifier.1": (7, 32 * 36),
            "classifier.4": (6, 7),
            "classifier.6": (5, 6),
        }
    assert {name.rpartition(".")[2] for name in theirs} == {"weight", "bias"}


def test_the_first_hidden_layer_is_sorted_by_pixels(translated):
    values, table, theirs = translated
    name = "fc6" if table.library == "bvlc" else "classifier.1"
    weight, kernel = theirs[f"{name}.weight"], values["stage5_fc/kernel"]
    row, column, channel, unit = 4, 1, 17, 3
    ours = kernel[(row * 6 + column) * 32 + channel, unit]
    assert weight[unit, channel * 36 + row * 6 + column] == ours


@pytest.mark.parametrize("translated", ["alexnet"], indirect=True)
def test_caffe_sees_blue_first_and_groups_by_output(translated):
    values, _, theirs = translated
    first = values["stem_conv/kernel"]
    assert theirs["conv1.weight"][2, 0, 3, 4] == first[3, 4, 2, 2]
    assert theirs["conv1.weight"][2, 1, 3, 4] == first[3, 4, 1, 2]
    second = values["stage1_tower2_conv/kernel"]
    assert theirs["conv2.weight"][16, 5, 1, 2] == second[1, 2, 5, 0]
    bias = values["stage1_tower1_conv/bias"]
    assert np.array_equal(theirs["conv2.bias"][:16], bias)


def test_a_hidden_layer_of_another_size_keeps_its_shape(translated):
    values, table, theirs = translated
    name = "fc6" if table.library == "bvlc" else "classifier.1"
    other = {**theirs, f"{name}.weight": np.zeros((7, 100), "float32")}
    ours = translation.to_ours(table, other, values)
    assert ours["stage5_fc/kernel"].shape == (7, 100)
