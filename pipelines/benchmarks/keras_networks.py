"""Networks of Keras's own parts, to measure those of the zoo against."""

import dataclasses
from collections.abc import Callable

import keras


@dataclasses.dataclass(frozen=True)
class KerasNetwork:
    """A network that both sides have.

    Args:
        theirs: Builds it of Keras's own parts, given the side of the pictures
            in pixels and the number of classes.
        image_size: In pixels, where not told.
        batch_size: Pictures a step, where not told.
        steps: In a turn.
        classes: As of the data set it is known for.
    """

    theirs: Callable[[int, int], keras.Model]
    image_size: int
    batch_size: int
    steps: int
    classes: int


def resnet50(image_size: int, classes: int) -> keras.Model:
    """`keras.applications`' ResNet-50, its scaling inside."""
    pixels = keras.Input((image_size, image_size, 3))
    x = keras.applications.resnet.preprocess_input(pixels)
    network = keras.applications.ResNet50(
        include_top=False, weights=None, input_tensor=x, pooling="avg"
    )
    return _with_head(network, classes)


def efficientnet_b0(image_size: int, classes: int) -> keras.Model:
    """`keras.applications`' EfficientNet-B0, which scales by itself."""
    network = keras.applications.EfficientNetB0(
        include_top=False,
        weights=None,
        input_shape=(image_size, image_size, 3),
        pooling="avg",
    )
    return _with_head(network, classes, dropout=0.2)


def resnet20(image_size: int, classes: int) -> keras.Model:
    """The ResNet for CIFAR as one writes it down in Keras.

    He et al., "Deep Residual Learning for Image Recognition", 2015, section
    4.2, with shortcuts that pad.
    """
    pixels = keras.Input((image_size, image_size, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    x = _conv_bn(x, 16)
    x = keras.layers.ReLU()(x)
    for width in (16, 32, 64):
        for block in range(3):
            x = _block(x, width, 2 if width > 16 and not block else 1)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return _with_head(keras.Model(pixels, x), classes)


def _conv_bn(x, width: int, strides: int = 1):
    x = keras.layers.Conv2D(width, 3, strides, padding="same", use_bias=False)(
        x
    )
    return keras.layers.BatchNormalization()(x)


def _block(x, width: int, strides: int):
    shortcut = x
    if strides > 1:
        more = (width - x.shape[-1]) // 2
        shortcut = keras.layers.AveragePooling2D(1, strides)(x)
        shortcut = keras.ops.pad(shortcut, [[0, 0]] * 3 + [[more, more]])
    x = keras.layers.ReLU()(_conv_bn(x, width, strides))
    return keras.layers.ReLU()(
        keras.layers.Add()([_conv_bn(x, width), shortcut])
    )


def _with_head(network, classes: int, dropout: float = 0.0) -> keras.Model:
    """Logits in float32, as Keras's guide to mixed precision asks for."""
    x = network.output
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(
        network.input, keras.layers.Dense(classes, dtype="float32")(x)
    )


NETWORKS = {
    "resnet50": KerasNetwork(resnet50, 224, 8, 2, 1000),
    "efficientnet_b0": KerasNetwork(efficientnet_b0, 224, 8, 2, 1000),
    "resnet20": KerasNetwork(resnet20, 32, 128, 10, 10),
}
