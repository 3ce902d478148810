"""Residual networks: ImageNet's in four forms, and CIFAR's.

He et al., "Deep Residual Learning for Image Recognition", 2015, table 1 and
section 4.2; "Identity Mappings in Deep Residual Networks", 2016 (`_v2`);
He (Tong) et al., "Bag of Tricks for Image Classification", 2018, section 4
(`_d`). All take RGB pixels, 0…255, and return float32 logits.

| form    | stride of a bottleneck | shortcut            | stem         |
|---------|------------------------|---------------------|--------------|
| `_v1`   | first 1x1 (the paper)  | 1x1 conv, BN        | 7x7          |
| default | 3x3 (v1.5)             | 1x1 conv, BN        | 7x7          |
| `_v2`   | 3x3, BN-ReLU first     | 1x1 conv            | 7x7, no BN   |
| `_d`    | 3x3                    | average pool, 1x1   | three 3x3    |
| CIFAR   | first 3x3 (basic)      | subsample, zero pad | 3x3, no pool |

Strided convolutions and the stem pad symmetrically, as all of the above do;
BatchNorm has epsilon 1e-5 and momentum 0.9. Convolutions have no bias.

For the weights of keras.applications, `_v2` strides in the last block of a
stage, where a 1x1 max-pool subsamples the shortcut, and the stem has a bias
and a pool that is padded with zeros; see `zoo.weights.origins`.
"""

import dataclasses

import keras

from zoo.blocks import classifier_head
from zoo.blocks import pixel_input
from zoo.blocks import symmetric_conv
from zoo.layers import PaddedMaxPooling2D
from zoo.layers import SubsampleAndPadChannels
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import cifar10
from zoo.preprocessing import imagenet
from zoo.variants import find_variant
from zoo.weights import Pretrained
from zoo.weights.origins import Origin


@dataclasses.dataclass(frozen=True)
class ResNetSpec:
    """One column of the paper's table 1, or one row of its table 6.

    Args:
        name: The variant's name.
        repeats: Blocks in each stage.
        bottleneck: 1x1-3x3-1x1 blocks with four times the width, or two 3x3.
        stem: `"7x7"`, `"deep"` (three 3x3) or `"cifar"` (one 3x3, no pool).
        shortcut: `"projection"`, `"average"` or `"pad"`.
        stride_in: Which convolution of a bottleneck strides, 1 or 2.
        preactivation: BN and ReLU come before each convolution.
        widths: Channels of the 3x3 convolutions in each stage.
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
    image_size: int = 224
    classes: int = 1000


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
_CIFAR_DEPTHS = (20, 32, 44, 56, 110)


def _imagenet_variants():
    for depth, shape in _DEPTHS.items():
        for form, details in _FORMS.items():
            name = depth + form
            yield ResNetSpec(
                name,
                **shape,
                **details,
                image_size=_LARGER.get(name, 224),
            )


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


@dataclasses.dataclass(frozen=True)
class BlockSpec:
    """One residual block, fully resolved: what the builder needs."""

    name: str
    width: int
    filters: int
    stride: int
    projects: bool


def plan_blocks(
    spec: ResNetSpec, stride_at: str | None = None
) -> tuple[BlockSpec, ...]:
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
            blocks.append(
                BlockSpec(
                    f"stage{stage}_block{block}",
                    width,
                    filters,
                    stride=2 if strides else 1,
                    projects=projects,
                )
            )
            filters_in = filters
    return tuple(blocks)


def ResNet(
    variant: str | ResNetSpec = "resnet50",
    *,
    weights=None,
    origin: str | None = None,
    classes: int | None = None,
    include_top: bool = True,
    input_shape=None,
    classifier_activation=None,
    preprocessing: Preprocessing | None = None,
    name: str | None = None,
) -> keras.Model:
    """Builds a residual network.

    Args:
        variant: A name out of `VARIANTS`, or a row of one's own.
        weights: None, a name that `zoo.model_info(variant).weights` lists,
            or the path of a weight file.
        origin: Whose network to build, such as `"keras"`, where the weights
            do not say it; see `zoo.weights.origins`.
        classes: Number of classes; that of the weights, or of the paper,
            where None.
        include_top: Whether the head is there. Without it the output is the
            last stage's map.
        input_shape: `(height, width, 3)`; either side may be None.
        classifier_activation: None (logits) or an activation's name.
        preprocessing: What the pixels are scaled by; that of the weights, or
            of the variant, where None.
        name: The model's name.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out.

    Raises:
        RequestError: The variant or the weights are not known.
        IntegrityError: The weight file does not fit or is damaged.

    Example:

    ```python
    import numpy as np
    from zoo.resnet import ResNet
    model = ResNet("resnet20", classes=5)
    assert model(np.zeros((1, 32, 32, 3), "uint8")).shape == (1, 5)
    ```
    """
    spec = find_variant(VARIANTS, variant)
    pretrained = Pretrained.find(
        spec.name,
        weights,
        classes=classes,
        default_classes=spec.classes,
        preprocessing=_preprocessing(spec),
        origin=origin,
    )
    pixels, x = pixel_input(
        input_shape or pretrained.input_shape,
        preprocessing or pretrained.preprocessing,
    )
    style = pretrained.origin
    x = _stem(x, spec, style)
    block = _preactivation_block if spec.preactivation else _block
    for plan in plan_blocks(spec, style.stride_at):
        x = block(x, plan, spec, style)
    if spec.preactivation:
        x = _bn_relu(x, f"stage{len(spec.repeats)}_post", style)
    if include_top:
        x = classifier_head(
            x, pretrained.classes, activation=classifier_activation
        )
    model = keras.Model(pixels, x, name=name or spec.name)
    return pretrained.load_into(model)


def _preprocessing(spec: ResNetSpec) -> Preprocessing:
    if spec.stem == "cifar":
        return cifar10().at(spec.image_size)
    return imagenet(spec.image_size)


def _bn(x, name, style: Origin):
    return keras.layers.BatchNormalization(
        momentum=0.9, epsilon=style.epsilon or 1e-5, name=f"{name}_bn"
    )(x)


def _relu(x, name):
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def _bn_relu(x, name, style: Origin):
    return _relu(_bn(x, name, style), name)


def _conv_bn_relu(x, filters, kernel_size, stride, name, style: Origin):
    x = symmetric_conv(x, filters, kernel_size, stride=stride, name=name)
    return _bn_relu(x, name, style)


def _stem(x, spec: ResNetSpec, style: Origin):
    width = spec.widths[0]
    if spec.stem == "cifar":
        return _conv_bn_relu(x, width, 3, 1, "stem_conv", style)
    if spec.stem == "deep":
        x = _conv_bn_relu(x, width // 2, 3, 2, "stem_conv1", style)
        x = _conv_bn_relu(x, width // 2, 3, 1, "stem_conv2", style)
        x = _conv_bn_relu(x, width, 3, 1, "stem_conv3", style)
    else:
        x = symmetric_conv(
            x, width, 7, stride=2, use_bias=style.stem_bias, name="stem_conv"
        )
        if not spec.preactivation:
            x = _bn_relu(x, "stem_conv", style)
    return _stem_pool(x, style)


def _stem_pool(x, style: Origin):
    if style.pool_border == "zero":
        x = keras.layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
        return keras.layers.MaxPooling2D(3, 2, name="stem_pool")(x)
    return PaddedMaxPooling2D(3, 2, name="stem_pool")(x)


def _convolutions(block: BlockSpec, spec: ResNetSpec):
    """Yields (filters, kernel size, stride) of a block's convolutions."""
    if not spec.bottleneck:
        yield block.width, 3, block.stride
        yield block.filters, 3, 1
        return
    first, second = (
        (block.stride, 1) if spec.stride_in == 1 else (1, block.stride)
    )
    yield block.width, 1, first
    yield block.width, 3, second
    yield block.filters, 1, 1


def _shortcut(x, block: BlockSpec, spec: ResNetSpec):
    """A convolution, or what a block without one can do by itself."""
    name, stride = f"{block.name}_shortcut", block.stride
    if not block.projects:
        if stride == 1:
            return x
        return keras.layers.MaxPooling2D(1, stride, name=f"{name}_pool")(x)
    if spec.shortcut == "pad":
        return SubsampleAndPadChannels(block.filters, stride, name=name)(x)
    if spec.shortcut == "average" and stride > 1:
        x = keras.layers.AveragePooling2D(
            stride, padding="same", name=f"{name}_pool"
        )(x)
        stride = 1
    return symmetric_conv(x, block.filters, 1, stride=stride, name=name)


def _block(x, block: BlockSpec, spec: ResNetSpec, style: Origin):
    y = x
    *inner, last = _convolutions(block, spec)
    for i, (filters, kernel_size, stride) in enumerate(inner, start=1):
        name = f"{block.name}_conv{i}"
        y = _conv_bn_relu(y, filters, kernel_size, stride, name, style)
    name = f"{block.name}_conv{len(inner) + 1}"
    filters, kernel_size, stride = last
    y = symmetric_conv(y, filters, kernel_size, stride=stride, name=name)
    y = _bn(y, name, style)
    shortcut = _shortcut(x, block, spec)
    if block.projects and spec.shortcut != "pad":
        shortcut = _bn(shortcut, f"{block.name}_shortcut", style)
    y = keras.layers.Add(name=f"{block.name}_add")([shortcut, y])
    return _relu(y, block.name)


def _preactivation_block(x, block: BlockSpec, spec: ResNetSpec, style: Origin):
    y = _bn_relu(x, f"{block.name}_pre", style)
    # The projection sees the activated input; the identity does not.
    shortcut = _shortcut(y if block.projects else x, block, spec)
    convolutions = enumerate(_convolutions(block, spec), start=1)
    for i, (filters, kernel_size, stride) in convolutions:
        name = f"{block.name}_conv{i}"
        if i > 1:
            y = _bn_relu(y, name, style)
        y = symmetric_conv(y, filters, kernel_size, stride=stride, name=name)
    return keras.layers.Add(name=f"{block.name}_add")([shortcut, y])
