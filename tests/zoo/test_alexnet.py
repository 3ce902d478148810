"""AlexNet: the maps, the towers and the initialisation of the paper."""

import keras
import numpy as np
import pytest

from zoo.alexnet import VARIANTS
from zoo.alexnet import AlexNet
from zoo.errors import RequestError
from zoo.layers import LocalResponseNormalization


def _sides(model, *names):
    return [model.get_layer(name).output.shape[1] for name in names]


def test_the_maps_are_those_of_the_paper(outline):
    model = outline("alexnet")
    names = ("stem_relu", "stem_pool", "stage1_relu", "stage1_pool")
    names += ("stage2_relu", "stage3_relu", "stage4_relu", "stage4_pool")
    assert _sides(model, *names) == [55, 27, 27, 13, 13, 13, 13, 6]
    order = [layer.name for layer in model.layers]
    assert order[2:6] == ["stem_conv", "stem_relu", "stem_lrn", "stem_pool"]
    assert order.index("stage5_relu") < order.index("stage5_dropout")


def test_each_layer_has_the_parameters_of_the_paper(outline):
    counts = {}
    for layer in outline("alexnet").layers:
        if layer.weights:
            stage = layer.name.partition("_")[0]
            counts[stage] = counts.get(stage, 0) + layer.count_params()
    assert list(counts.values()) == [
        *(34_944, 307_456, 885_120, 663_936, 442_624),
        *(37_752_832, 16_781_312, 4_097_000),
    ]


def test_the_maps_of_the_others(outline):
    owt = outline("alexnet_owt")
    names = ("stem_conv", "stem_pool", "stage1_pool", "stage4_pool")
    assert _sides(owt, *names) == [55, 27, 13, 6]
    order = [layer.name for layer in owt.layers]
    assert order.index("stage5_dropout") < order.index("stage5_fc")
    assert not any("lrn" in name for name in order)
    cifar = outline("alexnet_cifar")
    names = ("stem_conv", "stem_pool", "stage1_pool", "stage2_pool")
    assert _sides(cifar, *names) == [32, 16, 8, 4]


def test_lrn_has_the_constants_of_the_paper(outline):
    for name, count in (("alexnet", 2), ("alexnet_cifar", 2)):
        found = [
            (layer.depth_radius, layer.bias, layer.alpha, layer.beta)
            for layer in outline(name).layers
            if isinstance(layer, LocalResponseNormalization)
        ]
        assert found == [(2, 2.0, 1e-4, 0.75)] * count


def test_lrn_has_the_constants_of_caffe_for_its_weights(no_weights):
    with no_weights():
        model = AlexNet("alexnet", origin="bvlc")
    found = [
        (layer.depth_radius, layer.bias, layer.alpha, layer.beta)
        for layer in model.layers
        if isinstance(layer, LocalResponseNormalization)
    ]
    assert found == [(2, 1.0, 2e-5, 0.75)] * 2


@pytest.mark.parametrize("stage", ["stage1", "stage3", "stage4"])
def test_two_towers_are_a_grouped_convolution(tiny, stage):
    model = tiny("alexnet")
    split = model.get_layer(f"{stage}_split")
    towers = model.get_layer(f"{stage}_towers").output
    parts = [model.get_layer(f"{stage}_tower{i}_conv") for i in (1, 2)]
    kernels, biases = zip(*(part.get_weights() for part in parts), strict=True)
    assert not np.array_equal(*kernels)
    generator = np.random.default_rng(0)
    biases = [generator.normal(size=bias.shape) for bias in biases]
    for part, kernel, bias in zip(parts, kernels, biases, strict=True):
        part.set_weights([kernel, bias])
    grouped = keras.layers.Conv2D(
        towers.shape[-1], kernels[0].shape[0], padding="same", groups=2
    )
    x = generator.normal(size=(2, 9, 9, split.input.shape[-1]))
    grouped.build(x.shape)
    grouped.set_weights(
        [np.concatenate(kernels, -1), np.concatenate(biases, -1)]
    )
    # The model's own layers, at another size of the map.
    left, right = split(x.astype("float32"))
    y = keras.ops.concatenate([parts[0](left), parts[1](right)], -1)
    np.testing.assert_allclose(y, grouped(x), atol=1e-5)
    sources = [part.input for part in parts]
    assert all(a is b for a, b in zip(split.output, sources, strict=True))


def test_kernels_and_biases_start_as_in_the_paper(tiny):
    model = tiny("alexnet")
    ones = {"stage1", "stage3", "stage4", "stage5", "stage6"}
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            stage = layer.name.partition("_")[0]
            assert (bias == float(stage in ones)).all(), layer.name
            sample = 5 / (2 * kernel.size) ** 0.5
            assert abs(kernel.std() / 0.01 - 1) < sample, layer.name


def test_owt_averages_larger_maps_to_six_pixels(tiny):
    model = tiny("alexnet_owt", side=320)
    pool = model.get_layer("stage4_adaptive_pool")
    assert pool.input.shape[1:3] == (9, 9)
    assert pool.output.shape[1:3] == (6, 6)
    x = np.random.default_rng(1).normal(size=(1, 9, 9, 256)).astype("float32")
    expected = np.empty((1, 6, 6, 256))
    bounds = [(i * 9 // 6, -(-(i + 1) * 9 // 6)) for i in range(6)]
    for row, (top, bottom) in enumerate(bounds):
        for column, (left, right) in enumerate(bounds):
            window = x[:, top:bottom, left:right]
            expected[:, row, column] = window.mean((1, 2))
    np.testing.assert_allclose(pool(x), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["alexnet", "alexnet_owt"])
def test_weights_of_owt_alone_fit_another_size(name, no_weights):
    with no_weights():
        small = AlexNet(name, input_shape=(96, 128, 3))
        large = AlexNet(name)
    same = [v.shape for v in small.weights] == [v.shape for v in large.weights]
    assert same == (name == "alexnet_owt")


@pytest.mark.parametrize("name", VARIANTS)
def test_inputs_that_cannot_be_are_named(name):
    with pytest.raises(RequestError) as caught:
        AlexNet(name, input_shape=(None, None, 3))
    message = str(caught.value)
    assert f"at least {VARIANTS[name].smallest} pixels" in message
    assert "input_shape=(None, None, 3)" in message
    with pytest.raises(RequestError, match="expected `input_shape`"):
        AlexNet(name, input_shape=(0, 64, 3))


def test_grey_pictures_have_one_channel(no_weights):
    with no_weights():
        model = AlexNet(input_shape=(227, 227, 1))
    assert model.get_layer("stem_conv").kernel.shape == (11, 11, 1, 96)


@pytest.mark.parametrize("name", ["alexnet", "alexnet_owt"])
def test_the_smallest_side_is_the_smallest(name, no_weights):
    side = VARIANTS[name].smallest
    with no_weights():
        AlexNet(name, input_shape=(side, side, 3))
        with pytest.raises(RequestError):
            AlexNet(name, input_shape=(side, side - 1, 3))


def test_features_without_the_head(tiny, pictures):
    model = tiny("alexnet", include_top=False)
    assert model(pictures(67, 2)).shape == (2, 16)
    model = tiny("alexnet_cifar", include_top=False)
    assert model.output.shape == (None, 4, 4, 64)
