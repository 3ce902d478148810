"""EfficientNet B0 to B7, Lite0 to Lite4, and any other size of them.

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

The Lite networks, of the same authors' code (tensorflow/tpu, models/official/
efficientnet/lite), are for devices that compute in bytes: no
squeeze-and-excitation, ReLU6 for swish, pixels scaled to (x − 127) / 128, and
what is scaled leaves out the channels of the stem and of the last convolution
and the repeats of the first and the last stage.
"""

import dataclasses
import functools
from typing import Unpack

import keras

from zoo.assembling import assemble
from zoo.building import ModelOptions
from zoo.building import builder
from zoo.compound_scaling import MBConvSpec
from zoo.compound_scaling import Scaling
from zoo.compound_scaling import StageSpec
from zoo.compound_scaling import compound_scaling
from zoo.compound_scaling import plan_blocks
from zoo.compound_scaling import round_filters
from zoo.errors import RequestError
from zoo.mbconv import Style
from zoo.mbconv import conv_bn_act
from zoo.mbconv import mbconv
from zoo.mbconv import scaled_head
from zoo.preprocessing import IMAGENET
from zoo.preprocessing import MOBILE
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import cifar10
from zoo.variants import find_variant
from zoo.weights.origins import Origin

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
        activation: Keras's name of that of the stem, of the last convolution
            and of the stages that do not say it.
        fixed_ends: Whether scaling leaves out the channels of the stem and of
            the last convolution, and the repeats of the first and the last
            stage.
        mean: What is subtracted from R, G and B, 0…255.
        std: What they are divided by.
    """

    name: str
    scaling: Scaling
    stages: tuple[StageSpec, ...] = B0_STAGES
    stem_filters: int = 32
    top_filters: int = 1280
    stem_stride: int = 2
    classes: int = 1000
    activation: str = "silu"
    fixed_ends: bool = False
    mean: tuple[float, float, float] = IMAGENET["mean"]
    std: tuple[float, float, float] = IMAGENET["std"]

    @property
    def preprocessing(self) -> Preprocessing:
        side = self.scaling.image_size
        if side <= 32:
            return cifar10()
        return Preprocessing(
            side,
            self.mean,
            self.std,
            crop_fraction=side / (side + 32),
            interpolation="bicubic",
        )

    def plan(self, drop_path_rate: float = 0.2) -> tuple[MBConvSpec, ...]:
        """Returns the blocks, scaled; see `zoo.compound_scaling`."""
        return plan_blocks(
            self.stages,
            self.scaling,
            drop_path_rate,
            activation=self.activation,
            fixed_ends=self.fixed_ends,
        )

    def end_filters(self, filters: int) -> int:
        """Scales the channels of the stem or of the last convolution."""
        width = 1.0 if self.fixed_ends else self.scaling.width
        return round_filters(filters, width)


# Ours: B0's first five stages for pictures of 32 pixels, of which they leave
# 8 x 8 places as CIFAR's ResNets do; expanded by 4 instead of 6.
CIFAR_STAGES = (
    StageSpec(3, 1, 32, 16, 1, 1),
    StageSpec(3, 2, 16, 32, 4, 2),
    StageSpec(5, 2, 32, 64, 4, 2),
    StageSpec(3, 3, 64, 128, 4, 1),
    StageSpec(5, 3, 128, 160, 4, 1),
)

LITE_STAGES = tuple(
    dataclasses.replace(stage, se_ratio=0.0) for stage in B0_STAGES
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
_LITE_SCALINGS = {
    "efficientnet_lite0": Scaling(1.0, 1.0, 224, 0.2),
    "efficientnet_lite1": Scaling(1.0, 1.1, 240, 0.2),
    "efficientnet_lite2": Scaling(1.1, 1.2, 260, 0.3),
    "efficientnet_lite3": Scaling(1.2, 1.4, 280, 0.3),
    "efficientnet_lite4": Scaling(1.4, 1.8, 300, 0.3),
}


def _lite(name: str, scaling: Scaling) -> EfficientNetSpec:
    return EfficientNetSpec(
        name,
        scaling,
        LITE_STAGES,
        activation="relu6",
        fixed_ends=True,
        **MOBILE,
    )


VARIANTS = {
    **{name: EfficientNetSpec(name, s) for name, s in _SCALINGS.items()},
    **{name: _lite(name, s) for name, s in _LITE_SCALINGS.items()},
    "efficientnet_cifar": EfficientNetSpec(
        "efficientnet_cifar",
        Scaling(0.5, 1.0, 32, 0.1),
        CIFAR_STAGES,
        top_filters=768,
        stem_stride=1,
        classes=10,
    ),
}


@builder
def EfficientNet(
    variant: str | EfficientNetSpec = "efficientnet_b0",
    *,
    scaling: Scaling | None = None,
    stem_stride: int | None = None,
    drop_path_rate: float = 0.2,
    **options: Unpack[ModelOptions],
) -> keras.Model:
    """Builds an EfficientNet.

    Args:
        variant: A name out of `VARIANTS`, or a row of one's own.
        scaling: Replaces the variant's own, for instance by
            `compound_scaling(phi=1.5)`.
        stem_stride: 2, or 1 for pictures of 32 to 64 pixels; the variant's
            where None.
        drop_path_rate: What the rate of stochastic depth grows towards, in
            [0, 1).
        **options: See `zoo.building.ModelOptions`.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out; without
        `include_top` the map of the last convolution, `stage8`.

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
    spec = _resolve(find_variant(VARIANTS, variant), scaling, stem_stride)
    body = functools.partial(_body, drop_path_rate=drop_path_rate)
    return assemble(spec, body, scaled_head, options)


def _body(x, spec: EfficientNetSpec, origin: Origin, *, drop_path_rate: float):
    style = dataclasses.replace(_STYLE.of(origin), squeeze=spec.activation)
    end = functools.partial(
        conv_bn_act, style=style, activation=spec.activation
    )
    stem, stride = spec.end_filters(spec.stem_filters), spec.stem_stride
    x = end(x, stem, 3, stride=stride, name="stem_conv")
    for block in spec.plan(drop_path_rate):
        x = mbconv(x, block, style)
    top = spec.end_filters(spec.top_filters)
    name = f"stage{len(spec.stages) + 1}_conv"
    return end(x, top, 1, name=name)


def _resolve(spec, scaling: Scaling | None, stem_stride: int | None):
    """The row with what was asked for in its place."""
    if scaling is not None:
        # Another size is another network: no published weights fit it.
        spec = dataclasses.replace(
            spec, name="efficientnet_scaled", scaling=scaling
        )
    if stem_stride is not None:
        spec = dataclasses.replace(spec, stem_stride=stem_stride)
    if spec.stem_stride not in (1, 2):
        raise RequestError(
            f"`stem_stride` is 1 or 2. Received: {spec.stem_stride!r}"
        )
    return spec
