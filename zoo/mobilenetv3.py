"""MobileNetV3, small and large.

Howard et al., "Searching for MobileNetV3", 2019, tables 1 and 2. Takes RGB
pixels, 0…255, and returns float32 logits. The small one, row by row (RE is
ReLU, HS is hard-swish):

| stage  | block       | inside        | channels | SE  | act. | strides |
|--------|-------------|---------------|----------|-----|------|---------|
| stem   | conv 3x3    |               | 16       |     | HS   | 2       |
| stage1 | 3x3         | 16            | 16       | yes | RE   | 2       |
| stage2 | 3x3         | 72, 88        | 24       |     | RE   | 2, 1    |
| stage3 | 5x5         | 96, 240, 240  | 40       | yes | HS   | 2, 1, 1 |
| stage4 | 5x5         | 120, 144      | 48       | yes | HS   | 1, 1    |
| stage5 | 5x5         | 288, 576, 576 | 96       | yes | HS   | 2, 1, 1 |
| stage6 | conv 1x1    |               | 576      |     | HS   | 1       |
| stage7 | pool, 1x1   |               | 1024     |     | HS   |         |
| head   | dropout, fc |               | classes  |     |      |         |

The paper's table says SE at stage6 too; its code has none, and neither has
this. `stage7` comes after the global average, has a bias and no BatchNorm; it
is no part of the head, because it transfers. As in the paper's code:
TensorFlow's SAME padding, BatchNorm with epsilon 1e-3 and momentum 0.999,
squeeze-and-excitation as wide as a quarter of a block's *inside* to the next
8, gates of relu6(x + 3) / 6; pixels are scaled to x / 127.5 − 1. For the
weights of torchvision and timm strided convolutions pad on both sides, timm's
BatchNorm has another epsilon, and pixels are scaled by ImageNet's mean and
standard deviation; see `zoo.weights.origins`.

The minimalistic forms are of the same authors' code: the same channels, but
no squeeze-and-excitation, ReLU wherever the others have hard-swish, and 3x3
wherever they have 5x5.
"""

import dataclasses
import functools
from typing import Unpack

import keras

from zoo import maps
from zoo.assembling import assemble
from zoo.blocks import classifier_head
from zoo.blocks import he_fan_out
from zoo.building import ModelOptions
from zoo.building import builder
from zoo.compound_scaling import MBConvSpec
from zoo.compound_scaling import check_drop_path_rate
from zoo.compound_scaling import round_filters
from zoo.mbconv import Style
from zoo.mbconv import activate
from zoo.mbconv import conv_bn_act
from zoo.mbconv import mbconv
from zoo.preprocessing import PLUS_MINUS_ONE
from zoo.preprocessing import Preprocessing
from zoo.variants import find_variant
from zoo.weights.origins import Origin

_STYLE = Style(momentum=0.999, squeeze="relu", gate="hard_sigmoid")
_RE, _HS = "relu", "hard_silu"


@dataclasses.dataclass(frozen=True)
class MobileNetV3Stage:
    """Some rows of the paper's tables: blocks that return as many channels.

    Args:
        kernel_size: Side of the depthwise convolutions, in pixels.
        expanded: Channels inside, block by block.
        filters: Channels that every block returns.
        gated: Whether there is squeeze-and-excitation.
        activation: Keras's name of it.
        stride: Of the first block; that of the others is 1.
    """

    kernel_size: int
    expanded: tuple[int, ...]
    filters: int
    gated: bool
    activation: str
    stride: int


@dataclasses.dataclass(frozen=True)
class MobileNetV3Spec:
    """One of the paper's two tables.

    Args:
        name: The variant's name.
        stages: The blocks.
        last_filters: Channels of the convolution before the pool.
        top_filters: Channels of the convolution after it.
        stem_filters: Channels of the stem.
        dropout: Rate before the classifier.
        image_size: The side of the pictures it is meant for, in pixels.
        classes: The number of classes it was published with.
        activation: Keras's name of that of the stem and of the convolutions
            after the blocks.
    """

    name: str
    stages: tuple[MobileNetV3Stage, ...]
    last_filters: int
    top_filters: int
    stem_filters: int = 16
    dropout: float = 0.2
    image_size: int = 224
    classes: int = 1000
    activation: str = _HS

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(self.image_size, **PLUS_MINUS_ONE)


_SMALL = (
    MobileNetV3Stage(3, (16,), 16, True, _RE, 2),
    MobileNetV3Stage(3, (72, 88), 24, False, _RE, 2),
    MobileNetV3Stage(5, (96, 240, 240), 40, True, _HS, 2),
    MobileNetV3Stage(5, (120, 144), 48, True, _HS, 1),
    MobileNetV3Stage(5, (288, 576, 576), 96, True, _HS, 2),
)
_LARGE = (
    MobileNetV3Stage(3, (16,), 16, False, _RE, 1),
    MobileNetV3Stage(3, (64, 72), 24, False, _RE, 2),
    MobileNetV3Stage(5, (72, 120, 120), 40, True, _RE, 2),
    MobileNetV3Stage(3, (240, 200, 184, 184), 80, False, _HS, 2),
    MobileNetV3Stage(3, (480, 672), 112, True, _HS, 1),
    MobileNetV3Stage(5, (672, 960, 960), 160, True, _HS, 2),
)


def _minimal(stages):
    return tuple(
        dataclasses.replace(stage, kernel_size=3, gated=False, activation=_RE)
        for stage in stages
    )


VARIANTS = {
    spec.name: spec
    for spec in (
        MobileNetV3Spec("mobilenetv3_small", _SMALL, 576, 1024),
        MobileNetV3Spec("mobilenetv3_large", _LARGE, 960, 1280),
        MobileNetV3Spec(
            "mobilenetv3_small_minimal",
            _minimal(_SMALL),
            576,
            1024,
            activation=_RE,
        ),
        MobileNetV3Spec(
            "mobilenetv3_large_minimal",
            _minimal(_LARGE),
            960,
            1280,
            activation=_RE,
        ),
    )
}


def plan_blocks(
    spec: MobileNetV3Spec, drop_path_rate: float = 0.0
) -> tuple[MBConvSpec, ...]:
    """Resolves a variant into its blocks, in order, without Keras.

    Raises:
        RequestError: `drop_path_rate` is not in [0, 1).

    Example:

    ```python
    from zoo.mobilenetv3 import VARIANTS, plan_blocks
    blocks = plan_blocks(VARIANTS["mobilenetv3_small"])
    assert blocks[-1].name == "stage5_block3"
    assert [b.se_filters for b in blocks[:4]] == [8, 0, 0, 24]
    ```
    """
    check_drop_path_rate(drop_path_rate)
    total = sum(len(stage.expanded) for stage in spec.stages)
    blocks: list[MBConvSpec] = []
    filters_in = spec.stem_filters
    for number, stage in enumerate(spec.stages, start=1):
        for block, expanded in enumerate(stage.expanded, start=1):
            blocks.append(
                MBConvSpec(
                    f"stage{number}_block{block}",
                    stage.kernel_size,
                    filters_in,
                    expanded,
                    stage.filters,
                    stage.stride if block == 1 else 1,
                    round_filters(expanded, 0.25) if stage.gated else 0,
                    drop_path_rate * len(blocks) / total,
                    activation=stage.activation,
                )
            )
            filters_in = stage.filters
    return tuple(blocks)


@builder
def MobileNetV3(
    variant: str | MobileNetV3Spec = "mobilenetv3_large",
    *,
    drop_path_rate: float = 0.0,
    **options: Unpack[ModelOptions],
) -> keras.Model:
    """Builds a MobileNetV3.

    Args:
        variant: A name out of `VARIANTS`, or a row of one's own.
        drop_path_rate: What the rate of stochastic depth grows towards, in
            [0, 1); the paper has none.
        **options: See `zoo.building.ModelOptions`.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out; without
        `include_top` the last stage's map, of one pixel.

    Example:

    ```python
    import numpy as np
    from zoo.mobilenetv3 import MobileNetV3
    model = MobileNetV3("mobilenetv3_small", input_shape=(32, 32, 3))
    assert model(np.zeros((1, 32, 32, 3), "uint8")).shape == (1, 1000)
    ```
    """
    body = functools.partial(_body, drop_path_rate=drop_path_rate)
    return assemble(find_variant(VARIANTS, variant), body, _head, options)


def _body(x, spec: MobileNetV3Spec, origin: Origin, *, drop_path_rate: float):
    style = _STYLE.of(origin)
    end = functools.partial(
        conv_bn_act, style=style, activation=spec.activation
    )
    x = end(x, spec.stem_filters, 3, stride=2, name="stem_conv")
    for block in plan_blocks(spec, drop_path_rate):
        x = mbconv(x, block, style)
    last = len(spec.stages) + 1
    x = end(x, spec.last_filters, 1, name=f"stage{last}_conv")
    return _pooled_conv(x, spec, f"stage{last + 1}_conv")


def _head(x, spec: MobileNetV3Spec, classes: int, activation):
    # The average of the one pixel that is left is that pixel.
    return classifier_head(
        x, classes, dropout=spec.dropout, activation=activation
    )


def _pooled_conv(x, spec: MobileNetV3Spec, name):
    x = maps.GlobalAveragePooling2D(
        keepdims=True, name=name.replace("_conv", "_pool")
    )(x)
    x = maps.Conv2D(
        spec.top_filters, 1, kernel_initializer=he_fan_out(), name=name
    )(x)
    return activate(x, spec.activation, name)
