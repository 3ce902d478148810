"""EfficientNetV2: B0 to B3, S, M and L.

Tan and Le, "EfficientNetV2: Smaller Models and Faster Training", 2021,
table 4 (S); M, L and the base of B0 to B3 as released with the paper's code.
Takes RGB pixels, 0…255, and returns float32 logits.

| stage  | block, of S             | channels | repeats | stride |
|--------|-------------------------|----------|---------|--------|
| stem   | conv 3x3                | 24       | 1       | 2      |
| stage1 | Fused-MBConv1, 3x3      | 24       | 2       | 1      |
| stage2 | Fused-MBConv4, 3x3      | 48       | 4       | 2      |
| stage3 | Fused-MBConv4, 3x3      | 64       | 4       | 2      |
| stage4 | MBConv4, 3x3, SE        | 128      | 6       | 2      |
| stage5 | MBConv6, 3x3, SE        | 160      | 9       | 1      |
| stage6 | MBConv6, 3x3, SE        | 256      | 15      | 2      |
| stage7 | conv 1x1                | 1280     | 1       | 1      |
| head   | pool, dropout, fc       | classes  | 1       |        |

M and L have one more stage of MBConv6. B1 to B3 scale B0 as EfficientNet
does, but round channels to the nearest multiple of 8 without the rule of 10 %
(the first stage of B3 stays at 16). As in the paper's code: TensorFlow's SAME
padding, BatchNorm with epsilon 1e-3 and momentum 0.9. Image sizes are those
of the evaluation; training used 14 to 22 % smaller pictures. Pixels are
scaled as Keras's weight files want it: B0 to B3 by ImageNet's mean and
standard deviation, S, M and L by (x − 128) / 128. For torchvision's weights
strided convolutions pad on both sides; see `zoo.weights.origins`.
"""

import dataclasses
import functools
from typing import Unpack

import keras

from zoo.assembling import assemble
from zoo.building import ModelOptions
from zoo.building import builder
from zoo.compound_scaling import Scaling
from zoo.compound_scaling import StageSpec
from zoo.compound_scaling import plan_blocks
from zoo.compound_scaling import round_to_multiple
from zoo.mbconv import Style
from zoo.mbconv import conv_bn_act
from zoo.mbconv import mbconv
from zoo.mbconv import scaled_head
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import imagenet
from zoo.variants import find_variant
from zoo.weights.origins import Origin

_STYLE = Style(momentum=0.9)


def _fused(repeats, filters_in, filters_out, expand_ratio, stride):
    row = (3, repeats, filters_in, filters_out, expand_ratio, stride)
    return StageSpec(*row, se_ratio=0.0, fused=True)


def _gated(repeats, filters_in, filters_out, expand_ratio, stride):
    return StageSpec(3, repeats, filters_in, filters_out, expand_ratio, stride)


# repeats, filters in and out, expansion, stride
_B0_STAGES = (
    _fused(1, 32, 16, 1, 1),
    _fused(2, 16, 32, 4, 2),
    _fused(2, 32, 48, 4, 2),
    _gated(3, 48, 96, 4, 2),
    _gated(5, 96, 112, 6, 1),
    _gated(8, 112, 192, 6, 2),
)
_S_STAGES = (
    _fused(2, 24, 24, 1, 1),
    _fused(4, 24, 48, 4, 2),
    _fused(4, 48, 64, 4, 2),
    _gated(6, 64, 128, 4, 2),
    _gated(9, 128, 160, 6, 1),
    _gated(15, 160, 256, 6, 2),
)
_M_STAGES = (
    _fused(3, 24, 24, 1, 1),
    _fused(5, 24, 48, 4, 2),
    _fused(5, 48, 80, 4, 2),
    _gated(7, 80, 160, 4, 2),
    _gated(14, 160, 176, 6, 1),
    _gated(18, 176, 304, 6, 2),
    _gated(5, 304, 512, 6, 1),
)
_L_STAGES = (
    _fused(4, 32, 32, 1, 1),
    _fused(7, 32, 64, 4, 2),
    _fused(7, 64, 96, 4, 2),
    _gated(10, 96, 192, 4, 2),
    _gated(19, 192, 224, 6, 1),
    _gated(25, 224, 384, 6, 2),
    _gated(7, 384, 640, 6, 1),
)


@dataclasses.dataclass(frozen=True)
class EfficientNetV2Spec:
    """One network: its table and what it is scaled by.

    Args:
        name: The variant's name.
        stages: The stages, unscaled.
        scaling: Width, depth, image size and dropout.
        preprocessing: What its weights expect of a picture.
        top_filters: Channels of the last convolution, unscaled.
        classes: The number of classes it was published with.
    """

    name: str
    stages: tuple[StageSpec, ...]
    scaling: Scaling
    preprocessing: Preprocessing
    top_filters: int = 1280
    classes: int = 1000


def _base(name, width, depth, side, dropout):
    record = imagenet(
        side, crop_fraction=side / (side + 32), interpolation="bicubic"
    )
    scaling = Scaling(width, depth, side, dropout)
    return EfficientNetV2Spec(name, _B0_STAGES, scaling, record)


def _unscaled(name, stages, side, dropout):
    record = Preprocessing(
        side,
        mean=(128, 128, 128),
        std=(128, 128, 128),
        crop_fraction=1.0,
        interpolation="bicubic",
    )
    scaling = Scaling(1.0, 1.0, side, dropout)
    return EfficientNetV2Spec(name, stages, scaling, record)


VARIANTS = {
    spec.name: spec
    for spec in (
        # width, depth, image size, dropout
        _base("efficientnetv2_b0", 1.0, 1.0, 224, 0.2),
        _base("efficientnetv2_b1", 1.0, 1.1, 240, 0.2),
        _base("efficientnetv2_b2", 1.1, 1.2, 260, 0.3),
        _base("efficientnetv2_b3", 1.2, 1.4, 300, 0.3),
        _unscaled("efficientnetv2_s", _S_STAGES, 384, 0.2),
        _unscaled("efficientnetv2_m", _M_STAGES, 480, 0.3),
        _unscaled("efficientnetv2_l", _L_STAGES, 480, 0.4),
    )
}


@builder
def EfficientNetV2(
    variant: str | EfficientNetV2Spec = "efficientnetv2_b0",
    *,
    drop_path_rate: float = 0.2,
    **options: Unpack[ModelOptions],
) -> keras.Model:
    """Builds an EfficientNetV2.

    Args:
        variant: A name out of `VARIANTS`, or a row of one's own.
        drop_path_rate: What the rate of stochastic depth grows towards, in
            [0, 1).
        **options: See `zoo.building.ModelOptions`.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out; without
        `include_top` the map of the last convolution.

    Example:

    ```python
    import numpy as np
    from zoo.efficientnetv2 import EfficientNetV2
    model = EfficientNetV2(classes=5, input_shape=(32, 32, 3))
    assert model(np.zeros((1, 32, 32, 3), "uint8")).shape == (1, 5)
    ```
    """
    body = functools.partial(_body, drop_path_rate=drop_path_rate)
    return assemble(find_variant(VARIANTS, variant), body, scaled_head, options)


def _body(
    x, spec: EfficientNetV2Spec, origin: Origin, *, drop_path_rate: float
):
    style, width = _STYLE.of(origin), spec.scaling.width
    stem = round_to_multiple(spec.stages[0].filters_in, width)
    x = conv_bn_act(x, stem, 3, stride=2, name="stem_conv", style=style)
    # The rate of drop-path grows over all blocks that there are. Keras divides
    # by the number of unscaled ones, and so ends at 0.295 in B3, not below 0.2.
    for block in plan_blocks(
        spec.stages, spec.scaling, drop_path_rate, rounding=round_to_multiple
    ):
        x = mbconv(x, block, style)
    top = round_to_multiple(spec.top_filters, width)
    name = f"stage{len(spec.stages) + 1}_conv"
    return conv_bn_act(x, top, 1, name=name, style=style)
