"""Blocks as the weights of other libraries want them."""

import keras
import numpy as np
import pytest

import zoo
from zoo.compound_scaling import MBConvSpec
from zoo.errors import RequestError
from zoo.mbconv import Style
from zoo.mbconv import conv_bn_act
from zoo.mbconv import mbconv
from zoo.weights.origins import OWN
from zoo.weights.origins import find_origin


def _padded(x, kernel_size, stride, padding):
    """What a strided convolution sees, by the definitions of the two."""
    if padding == "symmetric":
        before = after = kernel_size // 2
    else:
        side = x.shape[1]
        total = (-(-side // stride) - 1) * stride + kernel_size - side
        before, after = total // 2, total - total // 2
    return np.pad(x, ((0, 0), (before, after), (before, after), (0, 0)))


@pytest.fixture
def picture():
    def make(side):
        return np.random.default_rng(side).normal(size=(1, side, side, 2))

    return make


CASES = [
    (padding, kernel_size, stride, side)
    for padding in ("same", "symmetric")
    for kernel_size in (3, 5)
    for stride, sides in ((2, (6, 7, 8, 9)), (1, (6,)))
    for side in sides
]


@pytest.mark.parametrize(("padding", "kernel_size", "stride", "side"), CASES)
def test_depthwise_convolutions_pad_as_their_origin(
    padding, kernel_size, stride, side, picture, convolve
):
    block = MBConvSpec("block", kernel_size, 2, 2, 3, stride, 0, 0.0)
    style = Style(0.9, padding=padding)
    x = keras.Input((side, side, 2))
    model = keras.Model(x, mbconv(x, block, style))
    layer = model.get_layer("block_depthwise")
    kernel = np.asarray(layer.kernel)
    pixels = picture(side)
    seen = _padded(pixels, kernel_size, stride, padding)
    actual = np.asarray(keras.Model(x, layer.output)(pixels.astype("float32")))
    for channel in range(2):
        one = slice(channel, channel + 1)
        expected = convolve(seen[..., one], kernel[:, :, one], stride)
        np.testing.assert_allclose(actual[..., one], expected, atol=1e-5)


@pytest.mark.parametrize("side", (8, 9))
@pytest.mark.parametrize("padding", ("same", "symmetric"))
def test_full_convolutions_pad_as_their_origin(
    padding, side, picture, convolve
):
    style = Style(0.9, padding=padding)
    x = keras.Input((side, side, 2))
    y = conv_bn_act(x, 4, 3, stride=2, name="conv", style=style)
    layer = keras.Model(x, y).get_layer("conv")
    pixels = picture(side)
    seen = _padded(pixels, 3, 2, padding)
    actual = np.asarray(keras.Model(x, layer.output)(pixels.astype("float32")))
    expected = convolve(seen, np.asarray(layer.kernel), 2)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


# As the modules of torchvision 0.28, timm 1.0.31 and Keras 3.15 have it.
BUILT = [
    *(
        (f"efficientnet_b{size}", origin, *built)
        for size in range(8)
        for origin, built in {
            "torchvision": ("symmetric", 1e-5 if size < 5 else 1e-3),
            "timm": ("symmetric", 1e-5),
            "timm/tf": ("same", 1e-3),
            "keras": ("same", 1e-3),
        }.items()
    ),
    ("efficientnetv2_b0", "timm/tf", "same", 1e-3),
    ("efficientnetv2_s", "torchvision", "symmetric", 1e-3),
    ("efficientnetv2_m", "timm/tf", "same", 1e-3),
    ("efficientnetv2_l", "keras", "same", 1e-3),
    *(
        (f"mobilenetv3_{size}", origin, *built)
        for size in ("small", "large")
        for origin, built in {
            "torchvision": ("symmetric", 1e-3),
            "timm": ("symmetric", 1e-5),
            "timm/tf": ("same", 1e-3),
            "keras": ("same", 1e-3),
        }.items()
    ),
]


@pytest.mark.parametrize(("name", "origin", "padding", "epsilon"), BUILT)
def test_styles_are_those_of_the_libraries(name, origin, padding, epsilon):
    style = Style(0.9).of(find_origin(origin, name))
    assert (style.padding, style.epsilon) == (padding, epsilon)
    assert Style(0.9).of(OWN) == Style(0.9)


@pytest.mark.parametrize(
    ("name", "strided"),
    [
        ("efficientnet_b4", 5),
        ("mobilenetv3_small", 5),
        ("efficientnetv2_s", 5),
    ],
)
def test_builders_take_the_whole_network_s_style(name, strided, no_weights):
    with no_weights():
        model = zoo.create_model(name, origin="torchvision")
    norms = [
        layer.epsilon
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    epsilon = 1e-5 if name == "efficientnet_b4" else 1e-3
    assert set(norms) == {epsilon}
    pads = [layer.name for layer in model.layers if "_pad" in layer.name]
    assert len(pads) == strided and pads[0] == "stem_conv_pad"


PIXELS = (
    ("efficientnet_b0", "timm", 123.675),
    ("efficientnet_b7", "keras", 123.675),
    ("efficientnetv2_s", "torchvision", 123.675),
    ("efficientnetv2_l", "torchvision", 127.5),
    ("efficientnetv2_b0", "timm/tf", 123.675),
    ("efficientnetv2_m", "timm/tf", 127.5),
    ("efficientnetv2_s", "keras", 128),
    ("mobilenetv3_small", "timm", 123.675),
    ("mobilenetv3_large", "torchvision", 123.675),
    ("mobilenetv3_large", "timm/tf", 127.5),
    ("mobilenetv3_small", "keras", 127.5),
    ("vit_b16", "torchvision", 123.675),
    ("vit_s16", "timm", 127.5),
)


@pytest.mark.parametrize(("name", "origin", "red"), PIXELS)
def test_pixels_are_scaled_as_the_libraries_do(name, origin, red, outline):
    own = zoo.preprocessing(outline(name))
    assert find_origin(origin, name).scale(own).mean[0] == red


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("efficientnetv2_b0", "torchvision"),
        ("efficientnetv2_s", "timm"),
        ("vit_s16", "torchvision"),
        ("vit_b16", "keras"),
    ],
)
def test_what_a_library_does_not_publish_is_refused(name, origin):
    with pytest.raises(RequestError, match="Known: "):
        find_origin(origin, name)
