"""AlexNet: the network of 2012, its successor of 2014, and the one of CIFAR.

Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural
Networks", 2012, section 3; Krizhevsky, "One weird trick for parallelizing
convolutional neural networks", 2014. RGB pixels, 0…255, in; float32 logits out.

`alexnet` is the paper's figure 2 at 227 pixels (the paper says 224, which
does not give its 55x55 maps):

| stage  | layer      | filters | then                    | map     | towers |
|--------|------------|---------|-------------------------|---------|--------|
| stem   | conv 11x11 | 96, /4  | LRN, max-pool 3x3 / 2   | 55 → 27 | 1      |
| stage1 | conv 5x5   | 256     | LRN, max-pool 3x3 / 2   | 27 → 13 | 2      |
| stage2 | conv 3x3   | 384     |                         | 13      | 1      |
| stage3 | conv 3x3   | 384     |                         | 13      | 2      |
| stage4 | conv 3x3   | 256     | max-pool 3x3 / 2        | 13 → 6  | 2      |
| stage5 | fc6        | 4096    | dropout 0.5             |         |        |
| stage6 | fc7        | 4096    | dropout 0.5             |         |        |
| head   | fc8        | classes |                         |         |        |

A layer of two towers is two convolutions that see half of the channels each,
as on the paper's two GPUs. Every convolution and hidden layer is followed by
ReLU. LRN has the paper's k=2, n=5, alpha=1e-4, beta=0.75. Kernels start as
N(0, 0.01²), biases as 1 in conv2, conv4, conv5, fc6 and fc7 and as 0
elsewhere. Other than in the paper one mean a channel is subtracted. For the
weights of Caffe's `bvlc_alexnet` (origin `"bvlc"`) LRN has k=1, alpha=2e-5.

`alexnet_owt` is the 2014 network as torchvision has it: 224 pixels, one
tower of 64-192-384-256-256 filters, no LRN, average pooling to 6x6 before
fc6, dropout *before* fc6 and fc7. Kernels start as in torchvision, biases
as 0.

`alexnet_cifar` is the network of cuda-convnet's `layers-18pct`, at 32 pixels:
conv 5x5x32, max-pool, LRN; conv 5x5x32, average pool, LRN; conv 5x5x64,
average pool; fc. Pools are 3x3 with stride 2, and windows that reach over the
border count what is inside, so maps are 32-16-8-4. It differs from
cuda-convnet in three ways: LRN runs over five channels with the constants of
the 2012 paper, not over 3x3 pixels of a channel (k=1, alpha=5e-5, beta=0.75);
pixels are divided by their deviation; and so kernels start as He et al. (2015)
have it, not as N(0, 0.0001²) and N(0, 0.01²).
"""

import dataclasses
from typing import Unpack

import keras

from zoo import maps
from zoo.assembling import assemble
from zoo.building import ModelOptions
from zoo.building import builder
from zoo.errors import RequestError
from zoo.layers import InnerAveragePooling2D
from zoo.layers import LocalResponseNormalization
from zoo.layers import Logits
from zoo.layers import SplitChannels
from zoo.preprocessing import CAFFE
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import cifar10
from zoo.preprocessing import imagenet
from zoo.variants import find_variant
from zoo.weights.origins import Origin


@dataclasses.dataclass(frozen=True)
class ConvSpec:
    """One convolution with ReLU, and what follows it.

    Args:
        filters: Channels of all towers together.
        kernel_size: Side, in pixels.
        stride: In pixels.
        border: Pixels of zeros on each side, or None for SAME.
        towers: In how many parts the channels are convolved.
        bias: What the biases start as.
        then: Any of `"lrn"`, `"max_pool"`, `"average_pool"`, in order.
    """

    filters: int
    kernel_size: int
    stride: int = 1
    border: int | None = None
    towers: int = 1
    bias: float = 0.0
    then: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class AlexNetSpec:
    """One network of the family.

    Args:
        name: The variant's name.
        convolutions: In order; the first is the stem.
        hidden: Units of the fully connected layers before the head.
        hidden_bias: What their biases start as.
        dropout: `"after"` or `"before"` each hidden layer, at rate 0.5.
        pool_padding: `"valid"` or `"same"`.
        pooled_size: Side that the last map is averaged to, or None.
        initializer: `"normal"`, `"torch"` or `"he"`.
        image_size: The side of the pictures it is meant for, in pixels.
        smallest: The smallest side that it can take, in pixels.
        classes: The number of classes it was published with.
    """

    name: str
    convolutions: tuple[ConvSpec, ...]
    hidden: tuple[int, ...] = (4096, 4096)
    hidden_bias: float = 0.0
    dropout: str = "after"
    pool_padding: str = "valid"
    pooled_size: int | None = None
    initializer: str = "normal"
    image_size: int = 227
    smallest: int = 67
    classes: int = 1000

    @property
    def preprocessing(self) -> Preprocessing:
        if self.initializer == "torch":
            return imagenet(self.image_size)
        if self.initializer == "he":
            return cifar10().at(self.image_size)
        # The paper scales by nothing. 227 pixels are the crop of 256.
        return Preprocessing(self.image_size, **CAFFE, crop_fraction=227 / 256)


_POOLS = {
    "max_pool": maps.MaxPooling2D,
    "average_pool": InnerAveragePooling2D,
}

_SPECS = (
    AlexNetSpec(
        "alexnet",
        convolutions=(
            ConvSpec(96, 11, stride=4, border=0, then=("lrn", "max_pool")),
            ConvSpec(256, 5, towers=2, bias=1.0, then=("lrn", "max_pool")),
            ConvSpec(384, 3),
            ConvSpec(384, 3, towers=2, bias=1.0),
            ConvSpec(256, 3, towers=2, bias=1.0, then=("max_pool",)),
        ),
        hidden_bias=1.0,
    ),
    AlexNetSpec(
        "alexnet_owt",
        convolutions=(
            ConvSpec(64, 11, stride=4, border=2, then=("max_pool",)),
            ConvSpec(192, 5, then=("max_pool",)),
            ConvSpec(384, 3),
            ConvSpec(256, 3),
            ConvSpec(256, 3, then=("max_pool",)),
        ),
        dropout="before",
        pooled_size=6,
        initializer="torch",
        image_size=224,
        # torchvision takes 63; Keras 3.15 cannot average one pixel to 6x6.
        smallest=95,
    ),
    AlexNetSpec(
        "alexnet_cifar",
        convolutions=(
            ConvSpec(32, 5, then=("max_pool", "lrn")),
            ConvSpec(32, 5, then=("average_pool", "lrn")),
            ConvSpec(64, 5, then=("average_pool",)),
        ),
        hidden=(),
        pool_padding="same",
        initializer="he",
        image_size=32,
        smallest=1,
        classes=10,
    ),
)
VARIANTS = {spec.name: spec for spec in _SPECS}


@builder
def AlexNet(
    variant: str | AlexNetSpec = "alexnet", **options: Unpack[ModelOptions]
) -> keras.Model:
    """Builds an AlexNet; its dense layers fix both sides of `input_shape`.

    Args:
        variant: A name out of `VARIANTS`, or a row of one's own.
        **options: See `zoo.building.ModelOptions`.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out.

    Example:

    ```python
    import numpy as np
    from zoo.alexnet import AlexNet
    model = AlexNet("alexnet_cifar", classes=5)
    assert model(np.zeros((1, 32, 32, 3), "uint8")).shape == (1, 5)
    ```
    """
    return assemble(find_variant(VARIANTS, variant), _body, _head, options)


def _body(x, spec: AlexNetSpec, origin: Origin):
    _check_sides(x.shape[1:], spec)
    return _hidden_layers(_convolutions(x, spec, origin), spec)


def _head(x, spec: AlexNetSpec, classes: int, activation):
    if not spec.hidden:
        x = maps.Flatten(name="head_flatten")(x)
    return Logits(
        classes,
        activation=activation,
        kernel_initializer=_initializer(spec),
        name="head_logits",
    )(x)


def _check_sides(input_shape, spec: AlexNetSpec) -> None:
    if None in input_shape or min(input_shape[:2]) < spec.smallest:
        raise RequestError(
            f"{spec.name} has fully connected layers: both sides of its "
            f"input are fixed and at least {spec.smallest} pixels. Received: "
            f"`input_shape={input_shape}`. Use a ResNet for pictures of "
            "changing size."
        )


def _initializer(spec: AlexNetSpec):
    """Makes a new one for each layer: one object gives the same numbers."""
    if spec.initializer == "normal":
        return keras.initializers.RandomNormal(0.0, 0.01)
    if spec.initializer == "torch":
        return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    return keras.initializers.HeNormal()


def _conv(x, conv: ConvSpec, spec: AlexNetSpec, name):
    if conv.towers > 1:
        parts = SplitChannels(conv.towers, name=f"{name}_split")(x)
        filters = conv.filters // conv.towers
        tower = dataclasses.replace(conv, filters=filters, towers=1)
        parts = [
            _conv(part, tower, spec, f"{name}_tower{i}")
            for i, part in enumerate(parts, start=1)
        ]
        return keras.layers.Concatenate(name=f"{name}_towers")(parts)
    return maps.Conv2D(
        conv.filters,
        conv.kernel_size,
        strides=conv.stride,
        padding="same" if conv.border is None else "valid",
        kernel_initializer=_initializer(spec),
        bias_initializer=keras.initializers.Constant(conv.bias),
        name=f"{name}_conv",
    )(x)


def _follow(x, step: str, spec: AlexNetSpec, origin: Origin, name):
    if step == "lrn":
        bias, alpha = origin.lrn or (2.0, 1e-4)
        lrn = LocalResponseNormalization
        return lrn(bias=bias, alpha=alpha, name=f"{name}_lrn")(x)
    return _POOLS[step](3, 2, spec.pool_padding, name=f"{name}_pool")(x)


def _convolutions(x, spec: AlexNetSpec, origin: Origin):
    for i, conv in enumerate(spec.convolutions):
        name = f"stage{i}" if i else "stem"
        if conv.border:
            x = maps.ZeroPadding2D(conv.border, name=f"{name}_pad")(x)
        x = _conv(x, conv, spec, name)
        x = keras.layers.ReLU(name=f"{name}_relu")(x)
        for step in conv.then:
            x = _follow(x, step, spec, origin, name)
    if spec.pooled_size and tuple(x.shape[1:3]) != (spec.pooled_size,) * 2:
        x = maps.AdaptiveAveragePooling2D(
            spec.pooled_size, name=f"{name}_adaptive_pool"
        )(x)
    return x


def _hidden_layers(x, spec: AlexNetSpec):
    for i, units in enumerate(spec.hidden):
        name = f"stage{len(spec.convolutions) + i}"
        if i == 0:
            x = maps.Flatten(name=f"{name}_flatten")(x)
        if spec.dropout == "before":
            x = keras.layers.Dropout(0.5, name=f"{name}_dropout")(x)
        x = keras.layers.Dense(
            units,
            kernel_initializer=_initializer(spec),
            bias_initializer=keras.initializers.Constant(spec.hidden_bias),
            name=f"{name}_fc",
        )(x)
        x = keras.layers.ReLU(name=f"{name}_relu")(x)
        if spec.dropout == "after":
            x = keras.layers.Dropout(0.5, name=f"{name}_dropout")(x)
    return x
