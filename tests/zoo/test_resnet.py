"""ResNet: padding, strides and shortcuts, against NumPy and Keras."""

import re

import keras
import numpy as np
import pytest

from zoo.blocks import he_fan_out
from zoo.blocks import symmetric_conv
from zoo.errors import RequestError
from zoo.resnet import VARIANTS
from zoo.resnet import ResNet
from zoo.resnet import plan_blocks


@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize(("kernel_size", "stride"), [(7, 2), (3, 2), (3, 1)])
def test_convolutions_pad_symmetrically(convolve, side, kernel_size, stride):
    x = np.random.default_rng(0).normal(size=(2, side, side, 3))
    inputs = keras.Input((side, side, 3))
    outputs = symmetric_conv(inputs, 4, kernel_size, stride=stride, name="c")
    model = keras.Model(inputs, outputs)
    kernel = model.get_layer("c").get_weights()[0]
    border = (kernel_size // 2,) * 2
    padded = np.pad(x, ((0, 0), border, border, (0, 0)))
    expected = convolve(padded, kernel, stride)
    np.testing.assert_allclose(model(x), expected, atol=1e-5)


def test_he_initialisation_has_its_deviation_and_differs_by_layer(convolve):
    shape = (3, 3, 64, 128)
    kernel = np.asarray(he_fan_out()(shape))
    assert abs(kernel.std() / (2 / (9 * 128)) ** 0.5 - 1) < 0.02
    assert not np.array_equal(kernel, np.asarray(he_fan_out()(shape)))


def _strides(model):
    return {
        layer.name
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D) and layer.strides != (1, 1)
    }


def test_each_form_strides_where_its_paper_does(outline):
    stages = ("stage2", "stage3", "stage4")
    for form, op, shortcut in (
        ("_v1", "conv1", True),
        ("", "conv2", True),
        ("_v2", "conv2", True),
        ("_d", "conv2", False),
    ):
        expected = {f"{stage}_block1_{op}" for stage in stages}
        if shortcut:
            expected |= {f"{stage}_block1_shortcut" for stage in stages}
        expected.add("stem_conv1" if form == "_d" else "stem_conv")
        assert _strides(outline(f"resnet50{form}")) == expected


def test_for_keras_the_last_block_of_a_stage_strides(no_weights):
    with no_weights():
        model = ResNet("resnet50_v2", origin="keras")
    last = ("stage1_block3", "stage2_block4", "stage3_block6")
    assert _strides(model) == {"stem_conv", *(f"{b}_conv2" for b in last)}
    pools = {
        layer.name: (layer.pool_size, layer.strides)
        for layer in model.layers
        if isinstance(layer, keras.layers.MaxPooling2D)
    }
    assert pools == {
        "stem_pool": ((3, 3), (2, 2)),
        **{f"{block}_shortcut_pool": ((1, 1), (2, 2)) for block in last},
    }
    assert model.get_layer("stage4_block3_add").output.shape[1:3] == (7, 7)


def test_for_keras_the_stem_has_a_bias_and_zeros_around_its_pool(no_weights):
    with no_weights():
        model = ResNet("resnet50_v2", origin="keras")
    biased = {
        layer.name
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D) and layer.use_bias
    }
    assert biased == {"stem_conv"}
    pad = model.get_layer("stem_pool").input
    assert pad is model.get_layer("stem_pool_pad").output
    assert np.asarray(
        model.get_layer("stem_pool_pad")(-np.ones((1, 1, 1, 1), "float32"))
    )[0, :, :, 0].tolist() == [[0, 0, 0], [0, -1, 0], [0, 0, 0]]


@pytest.mark.parametrize("name", ["resnet50_v1", "resnet50_v2"])
def test_for_keras_epsilon_is_its_own(name, no_weights):
    with no_weights():
        model = ResNet(name, origin="keras")
    found = {
        layer.epsilon
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    }
    assert found == {1.001e-5}


def test_batch_normalisation_is_as_published(outline):
    for name in ("resnet50", "resnet18_v2", "resnet20"):
        for layer in outline(name).layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                assert (layer.epsilon, layer.momentum) == (1e-5, 0.9)
            if isinstance(layer, keras.layers.Conv2D):
                assert not layer.use_bias


def test_depth_is_the_number_in_the_name():
    for name, spec in VARIANTS.items():
        depth = int(re.search(r"res[a-z]+(\d+)", name)[1])
        layers = 2 + len(plan_blocks(spec)) * (3 if spec.bottleneck else 2)
        assert layers == depth


@pytest.mark.parametrize(
    ("name", "groups", "width"),
    [
        ("resnext50_32x4d", 32, 4),
        ("resnext101_32x8d", 32, 8),
        ("resnext101_64x4d", 64, 4),
        ("wide_resnet50_2", 1, 128),
        ("wide_resnet101_2", 1, 128),
    ],
)
def test_groups_and_their_width_are_those_in_the_name(
    name, groups, width, outline
):
    model = outline(name)
    for stage, times in enumerate((1, 2, 4, 8), start=1):
        first, inner, last = (
            model.get_layer(f"stage{stage}_block2_conv{i}") for i in (1, 2, 3)
        )
        channels = groups * width * times
        assert inner.groups == groups
        assert inner.kernel.shape == (3, 3, width * times, channels)
        assert len(inner.weights) == 1
        assert first.kernel.shape[2:] == (256 * times, channels)
        assert last.kernel.shape[2:] == (channels, 256 * times)
        assert {first.groups, last.groups} == {1}


def test_v2_ends_in_an_activation(outline):
    model = outline("resnet50_v2")
    pool = model.get_layer("head_pool")
    assert pool.input is model.get_layer("stage4_post_relu").output


def test_unknown_variants_are_answered_with_the_nearest():
    with pytest.raises(RequestError) as caught:
        ResNet("resnet_50")
    assert "No variant is called 'resnet_50'. Nearest: resnet50" in str(
        caught.value
    )
