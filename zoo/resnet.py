"""Residual networks: ImageNet's in six forms, and CIFAR's.

He et al., "Deep Residual Learning for Image Recognition", 2015, table 1 and
section 4.2; "Identity Mappings in Deep Residual Networks", 2016 (`_v2`);
He (Tong) et al., "Bag of Tricks for Image Classification", 2018, section 4
(`_d`); Xie et al., "Aggregated Residual Transformations for Deep Neural
Networks", 2016, table 1 (`resnext`); Zagoruyko and Komodakis, "Wide Residual
Networks", 2016, table 8 (`wide_resnet`). All take RGB pixels, 0…255, and return
float32 logits.

| form         | stride of a bottleneck | shortcut            | stem         |
|--------------|------------------------|---------------------|--------------|
| `_v1`        | first 1x1 (the paper)  | 1x1 conv, BN        | 7x7          |
| default      | 3x3 (v1.5)             | 1x1 conv, BN        | 7x7          |
| `resnext…`   | 3x3, in groups         | 1x1 conv, BN        | 7x7          |
| `wide_…`     | 3x3, twice as wide     | 1x1 conv, BN        | 7x7          |
| `_v2`        | 3x3, BN-ReLU first     | 1x1 conv            | 7x7, no BN   |
| `_d`         | 3x3                    | average pool, 1x1   | three 3x3    |
| CIFAR        | first 3x3 (basic)      | subsample, zero pad | 3x3, no pool |

`resnext50_32x4d` has 32 groups of 4 channels in the first stage, of 8 in the
second and so on; `wide_resnet50_2` is 2 times as wide.

Strided convolutions and the stem pad symmetrically, as all of the above do;
BatchNorm has epsilon 1e-5 and momentum 0.9. Convolutions have no bias.

For the weights of keras.applications, `_v2` strides in the last block of a
stage, where a 1x1 max-pool subsamples the shortcut, and the stem has a bias
and a pool that is padded with zeros; see `zoo.weights.origins`.
"""

import dataclasses
from typing import Unpack

import keras

from zoo import maps
from zoo.assembling import assemble
from zoo.blocks import classifier_head
from zoo.blocks import symmetric_conv
from zoo.building import ModelOptions
from zoo.building import builder
from zoo.layers import PaddedMaxPooling2D
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import cifar10
from zoo.preprocessing import imagenet
from zoo.residual import Convolution
from zoo.residual import ResidualSpec
from zoo.residual import bn_relu
from zoo.residual import conv_bn_relu
from zoo.residual import preactivation_block
from zoo.residual import residual_block
from zoo.variants import find_variant
from zoo.weights.origins import Origin


@dataclasses.dataclass(frozen=True)
class ResNetSpec:
    """One column of the paper's table 1, or one row of its table 6.

    Args:
        name: The variant's name.
        repeats: Blocks in each stage.
        bottleneck: 1x1-3x3-1x1 blocks that return four times the width, or
            two 3x3.
        stem: `"7x7"`, `"deep"` (three 3x3) or `"cifar"` (one 3x3, no pool).
        shortcut: `"projection"`, `"average"` or `"pad"`.
        stride_in: Which convolution of a bottleneck strides, 1 or 2.
        preactivation: BN and ReLU come before each convolution.
        widths: Of each stage, in channels.
        width_factor: Channels of a bottleneck's 3x3 convolution by its
            stage's width.
        groups: In how many groups of channels it is.
        image_size: The side of the pictures it is meant for, in pixels.
        classes: The number of classes it was published with.
    """

    name: str
    repeats: tuple[int, ...]
    bottleneck: bool = True
    stem: str = "7x7"
    shortcut: str = "projection"
    stride_in: int = 2
    preactivation: bool = False
    widths: tuple[int, ...] = (64, 128, 256, 512)
    width_factor: int = 1
    groups: int = 1
    image_size: int = 224
    classes: int = 1000

    @property
    def preprocessing(self) -> Preprocessing:
        if self.stem == "cifar":
            return cifar10().at(self.image_size)
        return imagenet(self.image_size)


_DEPTHS = {
    "resnet18": {"repeats": (2, 2, 2, 2), "bottleneck": False},
    "resnet34": {"repeats": (3, 4, 6, 3), "bottleneck": False},
    "resnet50": {"repeats": (3, 4, 6, 3)},
    "resnet101": {"repeats": (3, 4, 23, 3)},
    "resnet152": {"repeats": (3, 8, 36, 3)},
}
_FORMS = {
    "": {},
    "_v1": {"stride_in": 1},
    "_v2": {"preactivation": True},
    "_d": {"stem": "deep", "shortcut": "average"},
}
# timm publishes these two, and their MACs, at 256 pixels.
_LARGER = {"resnet101_d": 256, "resnet152_d": 256}
# Of how many layers, in how many groups and how wide.
_WIDER = {
    "resnext50_32x4d": ("resnet50", {"groups": 32, "width_factor": 2}),
    "resnext101_32x8d": ("resnet101", {"groups": 32, "width_factor": 4}),
    "resnext101_64x4d": ("resnet101", {"groups": 64, "width_factor": 4}),
    "wide_resnet50_2": ("resnet50", {"width_factor": 2}),
    "wide_resnet101_2": ("resnet101", {"width_factor": 2}),
}
_CIFAR_DEPTHS = (20, 32, 44, 56, 110)


def _imagenet_variants():
    for depth, shape in _DEPTHS.items():
        for form, details in _FORMS.items():
            name = depth + form
            side = _LARGER.get(name, 224)
            yield ResNetSpec(name, **shape, **details, image_size=side)
    for name, (depth, details) in _WIDER.items():
        yield ResNetSpec(name, **_DEPTHS[depth], **details)


def _cifar_variants():
    for depth in _CIFAR_DEPTHS:
        yield ResNetSpec(
            f"resnet{depth}",
            repeats=((depth - 2) // 6,) * 3,
            bottleneck=False,
            stem="cifar",
            shortcut="pad",
            widths=(16, 32, 64),
            image_size=32,
            classes=10,
        )


VARIANTS = {
    spec.name: spec for spec in (*_imagenet_variants(), *_cifar_variants())
}


def plan_blocks(
    spec: ResNetSpec, stride_at: str | None = None
) -> tuple[ResidualSpec, ...]:
    """Resolves a variant into its blocks, in order, without Keras.

    Args:
        spec: The variant.
        stride_at: The block of a stage that halves the map: the `"first"`,
            also of the stage, or the `"last"`, before the next one.

    Example:

    ```python
    from zoo.resnet import VARIANTS, plan_blocks
    blocks = plan_blocks(VARIANTS["resnet50"])
    assert len(blocks) == 16 and blocks[0].filters == 256
    assert [b.name for b in blocks if b.projects] == [
        "stage1_block1", "stage2_block1", "stage3_block1", "stage4_block1"]
    ```
    """
    blocks = []
    filters_in = spec.widths[0]
    for stage, (repeats, width) in enumerate(
        zip(spec.repeats, spec.widths, strict=True), start=1
    ):
        filters = width * (4 if spec.bottleneck else 1)
        for block in range(1, repeats + 1):
            if stride_at == "last":
                strides = block == repeats and stage < len(spec.repeats)
                projects = filters != filters_in
            else:
                strides = block == 1 and stage > 1
                projects = strides or filters != filters_in
            kept = "subsample" if strides else "identity"
            stride = 2 if strides else 1
            blocks.append(
                ResidualSpec(
                    f"stage{stage}_block{block}",
                    _convolutions(spec, width, filters, stride),
                    stride,
                    spec.shortcut if projects else kept,
                )
            )
            filters_in = filters
    return tuple(blocks)


def _convolutions(spec: ResNetSpec, width: int, filters: int, stride: int):
    """Returns those of one block."""
    if not spec.bottleneck:
        return Convolution(width, 3, stride), Convolution(filters, 3)
    first, second = (stride, 1) if spec.stride_in == 1 else (1, stride)
    inner = width * spec.width_factor
    return (
        Convolution(inner, 1, first),
        Convolution(inner, 3, second, spec.groups),
        Convolution(filters, 1),
    )


@builder
def ResNet(
    variant: str | ResNetSpec = "resnet50", **options: Unpack[ModelOptions]
) -> keras.Model:
    """Builds a residual network.

    Args:
        variant: A name out of `VARIANTS`, or a row of one's own.
        **options: See `zoo.building.ModelOptions`.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out; without
        `include_top` the last stage's map.

    Example:

    ```python
    import numpy as np
    from zoo.resnet import ResNet
    model = ResNet("resnet20", classes=5)
    assert model(np.zeros((1, 32, 32, 3), "uint8")).shape == (1, 5)
    ```
    """
    return assemble(find_variant(VARIANTS, variant), _body, _head, options)


def _body(x, spec: ResNetSpec, origin: Origin):
    epsilon = origin.epsilon or 1e-5
    x = _stem(x, spec, origin, epsilon)
    block = preactivation_block if spec.preactivation else residual_block
    for planned in plan_blocks(spec, origin.stride_at):
        x = block(x, planned, epsilon)
    if spec.preactivation:
        x = bn_relu(x, f"stage{len(spec.repeats)}_post", epsilon)
    return x


def _head(x, spec: ResNetSpec, classes: int, activation):
    return classifier_head(x, classes, activation=activation)


def _stem(x, spec: ResNetSpec, origin: Origin, epsilon: float):
    width = spec.widths[0]
    if spec.stem == "cifar":
        return conv_bn_relu(x, Convolution(width, 3), "stem_conv", epsilon)
    if spec.stem == "deep":
        for i, convolution in enumerate(_deep_stem(width), start=1):
            x = conv_bn_relu(x, convolution, f"stem_conv{i}", epsilon)
    else:
        x = symmetric_conv(
            x, width, 7, stride=2, use_bias=origin.stem_bias, name="stem_conv"
        )
        if not spec.preactivation:
            x = bn_relu(x, "stem_conv", epsilon)
    return _stem_pool(x, origin)


def _deep_stem(width: int):
    half = width // 2
    return Convolution(half, 3, 2), Convolution(half, 3), Convolution(width, 3)


def _stem_pool(x, origin: Origin):
    if origin.pool_border == "zero":
        x = maps.ZeroPadding2D(1, name="stem_pool_pad")(x)
        return maps.MaxPooling2D(3, 2, name="stem_pool")(x)
    return PaddedMaxPooling2D(3, 2, name="stem_pool")(x)
