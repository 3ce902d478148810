"""Compound scaling: from EfficientNet's one small network to any size of it.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks", 2019, section 3.3. Pure Python: no backend of Keras is needed.
"""

import dataclasses
import math
import numbers

from zoo.errors import RequestError


def _is_finite(value) -> bool:
    return (
        isinstance(value, numbers.Real)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


@dataclasses.dataclass(frozen=True)
class Scaling:
    """How much wider, deeper and finer than the base network.

    Args:
        width: What numbers of channels are multiplied by.
        depth: What numbers of blocks are multiplied by.
        image_size: Side of the pictures, in pixels.
        dropout: Rate before the classifier, in [0, 1).

    Raises:
        RequestError: A value is out of its range.
    """

    width: float
    depth: float
    image_size: int
    dropout: float

    def __post_init__(self):
        for name in ("width", "depth"):
            value = getattr(self, name)
            if not _is_finite(value) or value <= 0:
                raise RequestError(
                    f"`{name}` multiplies the base network: expected a number "
                    f"above 0. Received: {value!r}"
                )
        if not isinstance(self.image_size, int) or self.image_size < 1:
            raise RequestError(
                "`image_size` is a whole number of pixels, at least 1. "
                f"Received: {self.image_size!r}"
            )
        if not _is_finite(self.dropout) or not 0 <= self.dropout < 1:
            raise RequestError(
                f"`dropout` is a rate in [0, 1). Received: {self.dropout!r}"
            )


_B0 = Scaling(width=1.0, depth=1.0, image_size=224, dropout=0.2)


def compound_scaling(
    phi: float,
    *,
    base: Scaling = _B0,
    alpha: float = 1.2,
    beta: float = 1.1,
    gamma: float = 1.15,
) -> Scaling:
    """Scales depth, width and image size together, by one number.

    The cost grows by about `(alpha * beta**2 * gamma**2) ** phi`, which is
    `1.92 ** phi`. The published B1 to B7 do not follow the formula exactly:
    they are rows of their own in `zoo.efficientnet.VARIANTS`.

    Args:
        phi: How much more may be spent; 0 is the base, below 0 is less.
        base: What is scaled.
        alpha: Growth of the depth for each unit of phi, at least 1.
        beta: Growth of the width, at least 1.
        gamma: Growth of the image size, at least 1.

    Raises:
        RequestError: A value is out of its range.

    Example:

    ```python
    from zoo.compound_scaling import compound_scaling
    scaling = compound_scaling(phi=1)
    assert (scaling.depth, scaling.width) == (1.2, 1.1)
    assert scaling.image_size == 258  # 224 * 1.15 = 257.6
    ```
    """
    if not _is_finite(phi):
        raise RequestError(f"`phi` is a finite number. Received: {phi!r}")
    rates = {"alpha": alpha, "beta": beta, "gamma": gamma}
    for name, rate in rates.items():
        if not _is_finite(rate) or rate < 1:
            raise RequestError(
                f"`{name}` is a growth rate, at least 1. Received: {rate!r}"
            )
    try:
        return dataclasses.replace(
            base,
            width=base.width * beta**phi,
            depth=base.depth * alpha**phi,
            image_size=round(base.image_size * gamma**phi),
        )
    except OverflowError as error:
        raise RequestError(
            f"No network is that large. Received: `phi={phi}`; the published "
            "ones end at about 6."
        ) from error


def round_to_multiple(filters: int, width: float, divisor: int = 8) -> int:
    """Scales a number of channels to the nearest multiple of `divisor`.

    Example:

    ```python
    from zoo.compound_scaling import round_to_multiple
    assert round_to_multiple(16, 1.2) == 16  # 19.2
    ```
    """
    scaled = filters * width
    return max(divisor, int(scaled + divisor / 2) // divisor * divisor)


def round_filters(filters: int, width: float, divisor: int = 8) -> int:
    """Scales a number of channels to a multiple of `divisor`.

    Rounds to the nearest, but never down by more than 10 %.

    Example:

    ```python
    from zoo.compound_scaling import round_filters
    assert round_filters(32, 1.1) == 32  # 35.2
    assert round_filters(16, 1.2) == 24  # 19.2, and 16 is 17 % less
    ```
    """
    rounded = round_to_multiple(filters, width, divisor)
    return rounded + divisor if rounded < 0.9 * filters * width else rounded


def round_repeats(repeats: int, depth: float) -> int:
    """Scales a number of blocks, and rounds up."""
    return math.ceil(depth * repeats)


@dataclasses.dataclass(frozen=True)
class StageSpec:
    """One row of a paper's table of stages, unscaled.

    Args:
        kernel_size: Side of the convolution that looks around, in pixels.
        repeats: Blocks of the stage.
        filters_in: Channels that the first block receives.
        filters_out: Channels that every block returns.
        expand_ratio: How many times wider a block is inside.
        stride: Of the first block; that of the others is 1.
        se_ratio: Width of squeeze-and-excitation, as a part of the channels
            that the block receives; 0 for none.
        fused: Whether one full convolution does what the expansion and the
            depthwise convolution do otherwise.
        activation: Keras's name of it, such as `"relu6"`; that of the network
            where None.
    """

    kernel_size: int
    repeats: int
    filters_in: int
    filters_out: int
    expand_ratio: int
    stride: int
    se_ratio: float = 0.25
    fused: bool = False
    activation: str | None = None


@dataclasses.dataclass(frozen=True)
class MBConvSpec:
    """One block, fully resolved: what `zoo.mbconv.mbconv` needs.

    Args:
        name: What the names of its layers begin with.
        kernel_size: Side of the convolution that looks around, in pixels.
        filters_in: Channels that the block receives.
        expanded: Channels inside; no expansion where they are `filters_in`.
        filters_out: Channels that the block returns.
        stride: Of the convolution that looks around.
        se_filters: Width of squeeze-and-excitation; 0 for none.
        drop_path_rate: Probability that the branch of an example is dropped.
        fused: See `StageSpec`.
        activation: Keras's name of it.
    """

    name: str
    kernel_size: int
    filters_in: int
    expanded: int
    filters_out: int
    stride: int
    se_filters: int
    drop_path_rate: float
    fused: bool = False
    activation: str = "silu"

    @property
    def is_identity(self) -> bool:
        """Whether the block's input can be added to its output."""
        return self.stride == 1 and self.filters_in == self.filters_out


def check_drop_path_rate(rate) -> None:
    """Refuses what is no rate of stochastic depth.

    Raises:
        RequestError: `rate` is not in [0, 1).
    """
    if not _is_finite(rate) or not 0 <= rate < 1:
        raise RequestError(f"`drop_path_rate` is in [0, 1). Received: {rate!r}")


def plan_blocks(
    stages,
    scaling: Scaling,
    drop_path_rate: float = 0.2,
    *,
    rounding=round_filters,
    activation: str = "silu",
    fixed_ends: bool = False,
) -> tuple[MBConvSpec, ...]:
    """Resolves the stages into blocks, in order.

    Args:
        stages: `StageSpec`s, unscaled.
        scaling: What they are scaled by.
        drop_path_rate: What the rates grow towards: block b of N (b from 0)
            has `drop_path_rate * b / N`, N being the scaled total.
        rounding: How numbers of channels are scaled: `round_filters` or
            `round_to_multiple`.
        activation: Of the stages that do not say it.
        fixed_ends: Whether the first stage takes as many channels, and it and
            the last have as many blocks, as if nothing were scaled.

    Raises:
        RequestError: `drop_path_rate` is not in [0, 1).

    Example:

    ```python
    from zoo.compound_scaling import compound_scaling, plan_blocks
    from zoo.efficientnet import B0_STAGES
    blocks = plan_blocks(B0_STAGES, compound_scaling(phi=0), 0.2)
    assert len(blocks) == 16 and blocks[-1].name == "stage7_block1"
    assert blocks[0].drop_path_rate == 0
    assert blocks[-1].drop_path_rate == 0.2 * 15 / 16
    ```
    """
    check_drop_path_rate(drop_path_rate)
    ends = (1, len(stages)) if fixed_ends else ()
    rows = [
        (number, block, stage)
        for number, stage in enumerate(stages, start=1)
        for block in range(
            round_repeats(stage.repeats, 1 if number in ends else scaling.depth)
        )
    ]
    blocks = []
    for index, (number, block, stage) in enumerate(rows):
        first = block == 0
        filters_in = filters_out = rounding(stage.filters_out, scaling.width)
        if first:
            stem = number == 1 and fixed_ends
            filters_in = rounding(
                stage.filters_in, 1.0 if stem else scaling.width
            )
        se_filters = max(1, int(filters_in * stage.se_ratio))
        blocks.append(
            MBConvSpec(
                f"stage{number}_block{block + 1}",
                stage.kernel_size,
                filters_in,
                filters_in * stage.expand_ratio,
                filters_out,
                stage.stride if first else 1,
                se_filters if stage.se_ratio else 0,
                drop_path_rate * index / len(rows),
                stage.fused,
                stage.activation or activation,
            )
        )
    return tuple(blocks)
