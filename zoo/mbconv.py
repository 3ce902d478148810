"""The mobile inverted bottleneck, which three families are made of.

Sandler et al., "MobileNetV2", 2018; with squeeze-and-excitation as in
MobileNetV3 and EfficientNet; fused as in EfficientNetV2. A family says in a
`Style` what it does in its own way, and `Style.of` what weights of another
library change about it.
"""

import dataclasses

import keras

from zoo import maps
from zoo.blocks import classifier_head
from zoo.blocks import he_fan_out
from zoo.compound_scaling import MBConvSpec
from zoo.layers import DropPath
from zoo.weights.origins import Origin

# What the papers call Keras's activations, where they call them otherwise;
# layers are named by it.
_NAMES = {"silu": "swish", "hard_silu": "hard_swish"}


@dataclasses.dataclass(frozen=True)
class Style:
    """What all blocks of a family share.

    Args:
        momentum: Of BatchNorm.
        squeeze: The activation inside squeeze-and-excitation.
        gate: The activation that makes its gates.
        padding: Of strided convolutions: `"same"`, which is TensorFlow's, or
            `"symmetric"`, as many pixels on each side.
        epsilon: Of BatchNorm.
    """

    momentum: float
    squeeze: str = "silu"
    gate: str = "sigmoid"
    padding: str = "same"
    epsilon: float = 1e-3

    def of(self, origin: Origin) -> "Style":
        """Returns the style that weights of this origin want."""
        return dataclasses.replace(
            self,
            padding=origin.padding or self.padding,
            epsilon=origin.epsilon or self.epsilon,
        )


def conv_bn_act(
    x, filters, kernel_size, *, name, style: Style, stride=1, activation="silu"
):
    """A convolution without bias, BatchNorm and an activation."""
    x = _conv(x, filters, kernel_size, name, style, stride)
    return _bn_act(x, name, style, activation)


def mbconv(x, block: MBConvSpec, style: Style):
    """Expands, looks around, gates the channels and projects back.

    Args:
        x: Maps of `block.filters_in` channels.
        block: Widths, stride and names.
        style: What all blocks of the family share.

    Returns:
        Maps of `block.filters_out` channels, with `x` added where it fits.
    """
    y = _fused(x, block, style) if block.fused else _split(x, block, style)
    if not block.is_identity:
        return y
    if block.drop_path_rate:
        drop = DropPath(block.drop_path_rate, name=f"{block.name}_drop_path")
        y = drop(y)
    return keras.layers.Add(name=f"{block.name}_add")([x, y])


def _split(x, block: MBConvSpec, style: Style):
    name, activation = block.name, block.activation
    if block.expanded != block.filters_in:
        x = conv_bn_act(
            x,
            block.expanded,
            1,
            name=f"{name}_expand",
            style=style,
            activation=activation,
        )
    x = _depthwise(x, block, style)
    x = _bn_act(x, f"{name}_depthwise", style, activation)
    if block.se_filters:
        x = _squeeze_excite(x, block.se_filters, name, style)
    return _project(x, block, style)


def _fused(x, block: MBConvSpec, style: Style):
    expands = block.expanded != block.filters_in
    x = conv_bn_act(
        x,
        block.expanded if expands else block.filters_out,
        block.kernel_size,
        stride=block.stride,
        name=f"{block.name}_{'expand' if expands else 'conv'}",
        style=style,
        activation=block.activation,
    )
    return _project(x, block, style) if expands else x


def _project(x, block: MBConvSpec, style: Style):
    name = f"{block.name}_project"
    return _bn(_conv(x, block.filters_out, 1, name, style), name, style)


def _squeeze_excite(x, reduced: int, name, style: Style):
    filters = x.shape[-1]
    gate = maps.GlobalAveragePooling2D(keepdims=True, name=f"{name}_se_pool")(x)
    steps = (
        ("reduce", reduced, style.squeeze),
        ("expand", filters, style.gate),
    )
    for step, width, activation in steps:
        gate = maps.Conv2D(
            width,
            1,
            activation=activation,
            kernel_initializer=he_fan_out(),
            name=f"{name}_se_{step}",
        )(gate)
    return keras.layers.Multiply(name=f"{name}_se_scale")([x, gate])


def _conv(x, filters, kernel_size, name, style: Style, stride=1):
    x, padding = _pad(x, kernel_size, stride, name, style)
    return maps.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        padding=padding,
        use_bias=False,
        kernel_initializer=he_fan_out(),
        name=name,
    )(x)


def _depthwise(x, block: MBConvSpec, style: Style):
    name = f"{block.name}_depthwise"
    x, padding = _pad(x, block.kernel_size, block.stride, name, style)
    return maps.DepthwiseConv2D(
        block.kernel_size,
        strides=block.stride,
        padding=padding,
        use_bias=False,
        depthwise_initializer=he_fan_out(),
        name=name,
    )(x)


def _pad(x, kernel_size: int, stride: int, name, style: Style):
    """Pads where SAME would differ; returns what the convolution has to."""
    if style.padding == "same" or stride == 1 or kernel_size == 1:
        return x, "same"
    border = kernel_size // 2
    return maps.ZeroPadding2D(border, name=f"{name}_pad")(x), "valid"


def _bn(x, name, style: Style):
    return keras.layers.BatchNormalization(
        momentum=style.momentum, epsilon=style.epsilon, name=f"{name}_bn"
    )(x)


def _bn_act(x, name, style: Style, activation):
    return activate(_bn(x, name, style), activation, name)


def activate(x, activation: str, name: str):
    """An activation in a layer of its own, named by what papers call it.

    Args:
        x: Any tensor.
        activation: Keras's name of it.
        name: What the layer's name begins with.
    """
    called = _NAMES.get(activation, activation)
    return keras.layers.Activation(activation, name=f"{name}_{called}")(x)


def scaled_head(x, spec, classes: int, activation):
    """The head of both EfficientNets: pool, dropout, one logit a class."""
    return classifier_head(
        x,
        classes,
        dropout=spec.scaling.dropout,
        activation=activation,
        # As in their code: uniform in ±classes^-½.
        initializer=keras.initializers.VarianceScaling(
            1 / 3, "fan_out", "uniform"
        ),
    )
