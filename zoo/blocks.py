"""What all families share: the way in, the convolution, the way out."""

import keras

from zoo import maps
from zoo.errors import RequestError
from zoo.layers import GroupedConv2D
from zoo.layers import Logits
from zoo.layers import PixelScaling
from zoo.preprocessing import Preprocessing

# More are a shape whose channels come first.
_MAX_CHANNELS = 32


def pixel_input(input_shape, preprocessing: Preprocessing):
    """The model's input, and the same scaled as the weights expect it.

    Args:
        input_shape: `(height, width, 3)`; either side may be None. Other
            numbers of channels are possible, from 1 (grey) to 32.
        preprocessing: The record that the scaling is taken from; its image
            size follows the input's height where that is fixed.

    Returns:
        The input tensor (RGB, 0…255, uint8 or float) and the scaled one.

    Raises:
        RequestError: The input shape is no shape of a picture.
    """
    *sides, channels = input_shape
    whole = isinstance(channels, int) and 1 <= channels <= _MAX_CHANNELS
    if len(sides) != 2 or not whole or 0 in sides:
        raise RequestError(
            "A model of the zoo takes pictures: expected `input_shape` "
            "(height, width, 3), or another number of channels up to "
            f"{_MAX_CHANNELS}. Received: {tuple(input_shape)}"
        )
    pixels = keras.Input(input_shape, name="pixels")
    record = preprocessing.at(input_shape[0] or preprocessing.image_size)
    return pixels, PixelScaling(record, name="preprocessing")(pixels)


def he_fan_out():
    """He initialisation by the outgoing connections.

    A new object at each call: one Keras initialiser used twice gives the
    same numbers twice.
    """
    return keras.initializers.VarianceScaling(
        2.0, "fan_out", "untruncated_normal"
    )


def symmetric_conv(
    x, filters, kernel_size, *, stride=1, groups=1, use_bias=False, name
):
    """A convolution that is padded by kernel_size // 2 on every side.

    TensorFlow's SAME pads a strided convolution on one side only, which
    shifts every map by a pixel against the networks of the papers.
    """
    padding = "same"
    if stride > 1 and kernel_size > 1:
        border = kernel_size // 2
        x = maps.ZeroPadding2D(border, name=f"{name}_pad")(x)
        padding = "valid"
    convolution = GroupedConv2D if groups > 1 else maps.Conv2D
    return convolution(
        filters,
        kernel_size,
        strides=stride,
        padding=padding,
        groups=groups,
        use_bias=use_bias,
        kernel_initializer=he_fan_out(),
        name=name,
    )(x)


def classifier_head(
    x, classes: int, *, dropout=0.0, activation=None, initializer=None
):
    """Global average, dropout and one float32 logit a class."""
    x = maps.GlobalAveragePooling2D(name="head_pool")(x)
    if dropout:
        x = keras.layers.Dropout(dropout, name="head_dropout")(x)
    return Logits(
        classes,
        activation=activation,
        kernel_initializer=initializer or "glorot_uniform",
        name="head_logits",
    )(x)
