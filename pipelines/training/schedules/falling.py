"""Rates that fall in steps, along a power, exponentially, or not at all."""

import dataclasses

from pipelines.training.schedules.base import Schedule
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class ConstantSchedule(Schedule):
    """Warm-up, then the same rate for ever."""

    def after_warmup(self, step: int) -> float:
        return self.peak


@dataclasses.dataclass(frozen=True)
class StepSchedule(Schedule):
    """Warm-up, then a rate that falls at given steps.

    He et al., "Deep Residual Learning for Image Recognition", 2015, section
    4.2.

    Args:
        peak: The highest rate.
        milestones: Steps from which the rate is lower, counted from the
            run's start, warm-up included.
        factor: What the rate is multiplied by at each, in (0, 1].
        warmup: Steps in which the rate rises linearly to `peak`.

    Raises:
        RequestError: A value is out of its range.

    Example:

    ```python
    from pipelines.training.schedules import StepSchedule
    rate = StepSchedule(0.1, milestones=(32_000, 48_000))
    assert [round(rate(s), 4) for s in (31_999, 32_000, 63_999)] == [
        0.1, 0.01, 0.001]
    ```
    """

    milestones: tuple[int, ...]
    factor: float = 0.1

    def __post_init__(self):
        super().__post_init__()
        _check_factor(self.factor)

    def after_warmup(self, step: int) -> float:
        passed = sum(step >= milestone for milestone in self.milestones)
        return self.peak * self.factor**passed


@dataclasses.dataclass(frozen=True)
class ExponentialSchedule(Schedule):
    """Warm-up, then a rate that falls by the same factor again and again.

    Tan and Le, "EfficientNet", 2019, section 5.2: x 0.97 every 2.4 epochs. As
    in their code, it falls in stairs, which are counted from the run's
    start, warm-up included.

    Args:
        peak: The highest rate.
        every: Steps between two falls.
        factor: What the rate is multiplied by at each, in (0, 1].
        warmup: Steps in which the rate rises linearly to `peak`.

    Raises:
        RequestError: A value is out of its range.
    """

    every: int
    factor: float = 0.97

    def __post_init__(self):
        super().__post_init__()
        _check_factor(self.factor)
        if self.every < 1:
            raise RequestError(
                "An exponential schedule falls every so many steps, at least "
                f"1. Received: {self.every}"
            )

    def after_warmup(self, step: int) -> float:
        return self.peak * self.factor ** (step // self.every)


@dataclasses.dataclass(frozen=True)
class PolynomialSchedule(Schedule):
    """Warm-up, then a rate that falls to none along a power.

    You et al., "Large Batch Training of Convolutional Networks", 2017, train
    with a power of 2.

    Args:
        peak: The highest rate.
        steps: How many the whole run has, warm-up included.
        power: 1 for a straight line.
        warmup: Steps in which the rate rises linearly to `peak`.

    Raises:
        RequestError: A value is out of its range.
    """

    steps: int
    power: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        if not self.power > 0:
            raise RequestError(
                f"A polynomial's power is above 0. Received: {self.power}"
            )

    def after_warmup(self, step: int) -> float:
        length = max(1, self.steps - self.warmup)
        left = max(0, self.steps - step) / length
        return self.peak * left**self.power


def _check_factor(factor: float) -> None:
    if not 0 < factor <= 1:
        raise RequestError(
            "What a rate is multiplied by lies above 0 and is at most 1. "
            f"Received: {factor}"
        )
