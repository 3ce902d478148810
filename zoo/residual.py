"""The residual block, activated after its convolutions or before them.

He et al., "Deep Residual Learning for Image Recognition", 2015, figure 5;
"Identity Mappings in Deep Residual Networks", 2016, figure 4(e). A block adds
what its convolutions make of maps to what its shortcut does. In groups: Xie et
al., "Aggregated Residual Transformations for Deep Neural Networks", 2016,
figure 3(c).
"""

import dataclasses
from typing import NamedTuple

import keras

from zoo import maps
from zoo.blocks import symmetric_conv
from zoo.layers import SubsampleAndPadChannels


class Convolution(NamedTuple):
    """One convolution of a block: channels it returns, side and stride."""

    filters: int
    kernel_size: int
    stride: int = 1
    groups: int = 1


@dataclasses.dataclass(frozen=True)
class ResidualSpec:
    """One block, fully resolved: what the functions below need.

    Args:
        name: What the names of its layers begin with.
        convolutions: In order.
        stride: Of the whole block.
        shortcut: `"identity"` or `"subsample"` (a 1x1 max-pool) where the
            channels stay, `"projection"` (a 1x1 convolution), `"average"`
            (the same after an average pool) or `"pad"` (zeros).
    """

    name: str
    convolutions: tuple[Convolution, ...]
    stride: int
    shortcut: str

    @property
    def filters(self) -> int:
        """Channels that the block returns."""
        return self.convolutions[-1].filters

    @property
    def projects(self) -> bool:
        """Whether the shortcut changes the channels."""
        return self.shortcut not in ("identity", "subsample")


def bn_relu(x, name, epsilon: float):
    """BatchNorm and ReLU."""
    return _relu(_bn(x, name, epsilon), name)


def conv_bn_relu(x, convolution: Convolution, name, epsilon: float):
    """A convolution, BatchNorm and ReLU."""
    return bn_relu(_conv(x, convolution, name), name, epsilon)


def residual_block(x, block: ResidualSpec, epsilon: float):
    """The block of 2015: ReLU comes after the sum.

    Args:
        x: Maps of any number of channels.
        block: Widths, strides and names.
        epsilon: Of BatchNorm.

    Returns:
        Maps of `block.filters` channels.
    """
    y = x
    *inner, last = block.convolutions
    for i, convolution in enumerate(inner, start=1):
        y = conv_bn_relu(y, convolution, f"{block.name}_conv{i}", epsilon)
    name = f"{block.name}_conv{len(inner) + 1}"
    y = _bn(_conv(y, last, name), name, epsilon)
    shortcut = _shortcut(x, block)
    if block.projects and block.shortcut != "pad":
        shortcut = _bn(shortcut, f"{block.name}_shortcut", epsilon)
    y = keras.layers.Add(name=f"{block.name}_add")([shortcut, y])
    return _relu(y, block.name)


def preactivation_block(x, block: ResidualSpec, epsilon: float):
    """The block of 2016: BatchNorm and ReLU come before each convolution.

    Args and what is returned are those of `residual_block`.
    """
    y = bn_relu(x, f"{block.name}_pre", epsilon)
    # The projection sees the activated input; the identity does not.
    shortcut = _shortcut(y if block.projects else x, block)
    for i, convolution in enumerate(block.convolutions, start=1):
        name = f"{block.name}_conv{i}"
        if i > 1:
            y = bn_relu(y, name, epsilon)
        y = _conv(y, convolution, name)
    return keras.layers.Add(name=f"{block.name}_add")([shortcut, y])


def _shortcut(x, block: ResidualSpec):
    name, stride = f"{block.name}_shortcut", block.stride
    if block.shortcut == "identity":
        return x
    if block.shortcut == "subsample":
        return maps.MaxPooling2D(1, stride, name=f"{name}_pool")(x)
    if block.shortcut == "pad":
        return SubsampleAndPadChannels(block.filters, stride, name=name)(x)
    if block.shortcut == "average" and stride > 1:
        x = maps.AveragePooling2D(stride, padding="same", name=f"{name}_pool")(
            x
        )
        stride = 1
    return _conv(x, Convolution(block.filters, 1, stride), name)


def _conv(x, convolution: Convolution, name):
    return symmetric_conv(x, **convolution._asdict(), name=name)


def _bn(x, name, epsilon: float):
    return keras.layers.BatchNormalization(
        momentum=0.9, epsilon=epsilon, name=f"{name}_bn"
    )(x)


def _relu(x, name):
    return keras.layers.ReLU(name=f"{name}_relu")(x)
