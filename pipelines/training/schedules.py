"""Learning rates as pure functions of the step."""

import dataclasses
import math

from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class CosineSchedule:
    """Warm-up, then half-cosines that restart, each longer and lower.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm
    Restarts", 2016, section 3, with a linear warm-up before it.

    Args:
        peak: The highest rate.
        first_cycle: Steps of the first cycle, warm-up not counted.
        warmup: Steps in which the rate rises linearly to `peak`.
        period_multiplier: Each cycle is this many times as long as the one
            before, at least 1.
        height_multiplier: Each cycle's highest rate is this many times that
            of the one before, in (0, 1].
        floor: The rate that every cycle comes down to.

    Raises:
        RequestError: A value is out of its range.

    Example:

    ```python
    from pipelines.training.schedules import CosineSchedule
    rate = CosineSchedule(1.0, first_cycle=4, period_multiplier=2)
    assert [round(rate(step), 3) for step in (0, 2, 4, 8)] == [1, .5, 1, .5]
    ```
    """

    peak: float
    first_cycle: int
    warmup: int = 0
    period_multiplier: float = 1.0
    height_multiplier: float = 1.0
    floor: float = 0.0

    def __post_init__(self):
        if self.peak <= 0 or self.first_cycle < 1 or self.warmup < 0:
            raise RequestError(
                "A cosine schedule needs a rate above 0, a cycle of at least "
                "1 step and no negative warm-up. Received: "
                f"peak={self.peak}, first_cycle={self.first_cycle}, "
                f"warmup={self.warmup}"
            )
        if self.period_multiplier < 1 or not 0 < self.height_multiplier <= 1:
            raise RequestError(
                "Cycles may grow longer and lower only. Expected "
                "period_multiplier >= 1 and height_multiplier in (0, 1]. "
                f"Received: {self.period_multiplier}, "
                f"{self.height_multiplier}"
            )

    def __call__(self, step: int) -> float:
        """Returns the rate of a step, counted from 0."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        cycle, done = self._cycle(step - self.warmup)
        height = self.peak * self.height_multiplier**cycle
        wave = (1 + math.cos(math.pi * done)) / 2
        return self.floor + max(0.0, height - self.floor) * wave

    def _cycle(self, step: int) -> tuple[int, float]:
        """Returns the cycle's number and the part of it that is over."""
        ratio, length = self.period_multiplier, self.first_cycle
        if ratio == 1:
            return step // length, step % length / length
        # The cycles before number n take length * (ratio^n - 1) / (ratio - 1)
        # steps; the rounding guards the exact start of a cycle.
        cycle = int(math.log(step * (ratio - 1) / length + 1, ratio) + 1e-9)
        start = length * (ratio**cycle - 1) / (ratio - 1)
        return cycle, min(1.0, (step - start) / (length * ratio**cycle))


def fill_with_cycles(steps: int, cycles: int, period_multiplier: float) -> int:
    """Returns the first cycle's length so that `cycles` fill `steps`."""
    total = sum(period_multiplier**i for i in range(cycles))
    return max(1, math.ceil(steps / total))


def scaled_rate(rate: float, batch_size: int) -> float:
    """Scales a rate given for a batch of 256 linearly to another batch.

    Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.1.
    """
    return rate * batch_size / 256
