"""EfficientNet B0 to B7, and any other size of it.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks", 2019, table 1; coefficients of B1 to B7 as released with the
paper's code. Takes RGB pixels, 0…255, and returns float32 logits.

| stage  | block             | channels | repeats | stride |
|--------|-------------------|----------|---------|--------|
| stem   | conv 3x3          | 32       | 1       | 2      |
| stage1 | MBConv1, 3x3      | 16       | 1       | 1      |
| stage2 | MBConv6, 3x3      | 24       | 2       | 2      |
| stage3 | MBConv6, 5x5      | 40       | 2       | 2      |
| stage4 | MBConv6, 3x3      | 80       | 3       | 2      |
| stage5 | MBConv6, 5x5      | 112      | 3       | 1      |
| stage6 | MBConv6, 5x5      | 192      | 4       | 2      |
| stage7 | MBConv6, 3x3      | 320      | 1       | 1      |
| stage8 | conv 1x1          | 1280     | 1       | 1      |
| head   | pool, dropout, fc | classes  | 1       |        |

The paper counts the stem as its stage 1 and the last convolution with the
head; here that convolution is `stage8`, because it transfers to new classes
and the head does not. As in the paper's code: TensorFlow's SAME padding,
BatchNorm with epsilon 1e-3 and momentum 0.99, squeeze-and-excitation as wide
as a quarter of a block's *input*, stochastic depth that grows with the
depth and is divided by the probability of surviving. For the weights of
torchvision and timm strided convolutions pad on both sides, and BatchNorm has
another epsilon; see `zoo.weights.origins`.
"""

import dataclasses

import keras

from zoo.blocks import classifier_head
from zoo.blocks import pixel_input
from zoo.compound_scaling import Scaling
from zoo.compound_scaling import StageSpec
from zoo.compound_scaling import compound_scaling
from zoo.compound_scaling import plan_blocks
from zoo.compound_scaling import round_filters
from zoo.errors import RequestError
from zoo.mbconv import Style
from zoo.mbconv import conv_bn_act
from zoo.mbconv import dense_uniform
from zoo.mbconv import mbconv
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import cifar10
from zoo.preprocessing import imagenet
from zoo.variants import find_variant
from zoo.weights import Pretrained

__all__ = [
    "B0_STAGES",
    "VARIANTS",
    "EfficientNet",
    "EfficientNetSpec",
    "compound_scaling",
]

_STYLE = Style(momentum=0.99)

# kernel, repeats, filters in and out, expansion, stride
B0_STAGES = (
    StageSpec(3, 1, 32, 16, 1, 1),
    StageSpec(3, 2, 16, 24, 6, 2),
    StageSpec(5, 2, 24, 40, 6, 2),
    StageSpec(3, 3, 40, 80, 6, 2),
    StageSpec(5, 3, 80, 112, 6, 1),
    StageSpec(5, 4, 112, 192, 6, 2),
    StageSpec(3, 1, 192, 320, 6, 1),
)


@dataclasses.dataclass(frozen=True)
class EfficientNetSpec:
    """One network: table 1 of the paper and what it is scaled by.

    Args:
        name: The variant's name.
        scaling: Width, depth, image size and dropout.
        stages: The MBConv stages, unscaled.
        stem_filters: Channels of the stem, unscaled.
        top_filters: Channels of the last convolution, unscaled.
        stem_stride: 2, or 1 for pictures of 32 to 64 pixels.
        classes: The number of classes it was published with.
    """

    name: str
    scaling: Scaling
    stages: tuple[StageSpec, ...] = B0_STAGES
    stem_filters: int = 32
    top_filters: int = 1280
    stem_stride: int = 2
    classes: int = 1000


# Ours: B0's first five stages for pictures of 32 pixels, of which they leave
# 8 x 8 places as CIFAR's ResNets do; expanded by 4 instead of 6.
CIFAR_STAGES = (
    StageSpec(3, 1, 32, 16, 1, 1),
    StageSpec(3, 2, 16, 32, 4, 2),
    StageSpec(5, 2, 32, 64, 4, 2),
    StageSpec(3, 3, 64, 128, 4, 1),
    StageSpec(5, 3, 128, 160, 4, 1),
)

# width, depth, image size, dropout
_SCALINGS = {
    "efficientnet_b0": Scaling(1.0, 1.0, 224, 0.2),
    "efficientnet_b1": Scaling(1.0, 1.1, 240, 0.2),
    "efficientnet_b2": Scaling(1.1, 1.2, 260, 0.3),
    "efficientnet_b3": Scaling(1.2, 1.4, 300, 0.3),
    "efficientnet_b4": Scaling(1.4, 1.8, 380, 0.4),
    "efficientnet_b5": Scaling(1.6, 2.2, 456, 0.4),
    "efficientnet_b6": Scaling(1.8, 2.6, 528, 0.5),
    "efficientnet_b7": Scaling(2.0, 3.1, 600, 0.5),
}
VARIANTS = {
    name: EfficientNetSpec(name, scaling) for name, scaling in _SCALINGS.items()
} | {
    "efficientnet_cifar": EfficientNetSpec(
        "efficientnet_cifar",
        Scaling(0.5, 1.0, 32, 0.1),
        CIFAR_STAGES,
        top_filters=768,
        stem_stride=1,
        classes=10,
    )
}


def EfficientNet(
    variant: str | EfficientNetSpec = "efficientnet_b0",
    *,
    scaling: Scaling | None = None,
    weights=None,
    origin: str | None = None,
    classes: int | None = None,
    include_top: bool = True,
    input_shape=None,
    stem_stride: int | None = None,
    drop_path_rate: float = 0.2,
    classifier_activation=None,
    preprocessing: Preprocessing | None = None,
    name: str | None = None,
) -> keras.Model:
    """Builds an EfficientNet.

    Args:
        variant: A name out of `VARIANTS`, or a row of one's own.
        scaling: Replaces the variant's own, for instance by
            `compound_scaling(phi=1.5)`.
        weights: None, a name that `zoo.model_info(variant).weights` lists,
            or the path of a weight file.
        origin: Whose network to build, such as `"timm"`, where the weights do
            not say it; see `zoo.weights.origins`.
        classes: Number of classes; that of the weights, or of the paper,
            where None.
        include_top: Whether the head is there. Without it the output is the
            map of the last convolution, `stage8`.
        input_shape: `(height, width, 3)`; either side may be None.
        stem_stride: 2, or 1 for pictures of 32 to 64 pixels; the variant's
            where None.
        drop_path_rate: What the rate of stochastic depth grows towards, in
            [0, 1).
        classifier_activation: None (logits) or an activation's name.
        preprocessing: What the pixels are scaled by; that of the weights, or
            of the variant, where None.
        name: The model's name.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out.

    Raises:
        RequestError: The variant or the weights are not known, or a value is
            out of its range.
        IntegrityError: The weight file does not fit or is damaged.

    Example:

    ```python
    import numpy as np
    from zoo.efficientnet import EfficientNet, compound_scaling
    model = EfficientNet(
        scaling=compound_scaling(phi=-1),
        classes=5,
        input_shape=(32, 32, 3),
        stem_stride=1,
    )
    assert model(np.zeros((1, 32, 32, 3), "uint8")).shape == (1, 5)
    ```
    """
    spec = _resolve(variant, scaling)
    stem_stride = _stride(stem_stride, spec)
    side = spec.scaling.image_size
    pretrained = Pretrained.find(
        spec.name,
        weights,
        classes=classes,
        default_classes=spec.classes,
        preprocessing=_preprocessing(side),
        origin=origin,
    )
    style = _STYLE.of(pretrained.origin)
    pixels, x = pixel_input(
        input_shape or pretrained.input_shape,
        preprocessing or pretrained.preprocessing,
    )
    stem_filters = round_filters(spec.stem_filters, spec.scaling.width)
    x = conv_bn_act(
        x, stem_filters, 3, stride=stem_stride, name="stem_conv", style=style
    )
    for block in plan_blocks(spec.stages, spec.scaling, drop_path_rate):
        x = mbconv(x, block, style)
    top_filters = round_filters(spec.top_filters, spec.scaling.width)
    top = f"stage{len(spec.stages) + 1}_conv"
    x = conv_bn_act(x, top_filters, 1, name=top, style=style)
    if include_top:
        x = classifier_head(
            x,
            pretrained.classes,
            dropout=spec.scaling.dropout,
            activation=classifier_activation,
            initializer=dense_uniform(),
        )
    model = keras.Model(pixels, x, name=name or spec.name)
    return pretrained.load_into(model)


def _resolve(variant, scaling: Scaling | None) -> EfficientNetSpec:
    spec = find_variant(VARIANTS, variant)
    if scaling is None:
        return spec
    # Another size is another network: no published weights fit it.
    return dataclasses.replace(
        spec, name="efficientnet_scaled", scaling=scaling
    )


def _stride(asked, spec: EfficientNetSpec) -> int:
    stride = spec.stem_stride if asked is None else asked
    if stride not in (1, 2):
        raise RequestError(f"stem_stride is 1 or 2. Received: {stride!r}")
    return stride


def _preprocessing(side: int) -> Preprocessing:
    if side <= 32:
        return cifar10()
    return imagenet(
        side, crop_fraction=side / (side + 32), interpolation="bicubic"
    )
