"""Half-cosines that restart."""

import dataclasses
import math

from pipelines.training.schedules.base import Schedule
from zoo.errors import RequestError

# Guards exact cycle starts against the rounding of logarithms and powers.
_ROUNDING = 1e-9


@dataclasses.dataclass(frozen=True)
class CosineSchedule(Schedule):
    """Warm-up, then half-cosines that restart, each longer and lower.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm
    Restarts", 2016, section 3, with a linear warm-up before it.

    Args:
        peak: The highest rate.
        first_cycle: Steps of the first cycle, warm-up not counted.
        period_multiplier: Each cycle is this many times as long as the one
            before, at least 1.
        height_multiplier: Each cycle's highest rate is this many times that
            of the one before, in (0, 1].
        floor: The rate that every cycle comes down to.
        warmup: Steps in which the rate rises linearly to `peak`.

    Raises:
        RequestError: A value is out of its range.

    Example:

    ```python
    from pipelines.training.schedules import CosineSchedule
    rate = CosineSchedule(1.0, first_cycle=4, period_multiplier=2)
    assert [round(rate(step), 3) for step in (0, 2, 4, 8)] == [1, .5, 1, .5]
    ```
    """

    first_cycle: int
    period_multiplier: float = 1.0
    height_multiplier: float = 1.0
    floor: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        if self.first_cycle < 1:
            raise RequestError(
                "A cosine schedule needs a cycle of at least 1 step. "
                f"Received: first_cycle={self.first_cycle}"
            )
        if self.period_multiplier < 1 or not 0 < self.height_multiplier <= 1:
            raise RequestError(
                "Cycles may grow longer and lower only. Expected "
                "period_multiplier >= 1 and height_multiplier in (0, 1]. "
                f"Received: {self.period_multiplier}, "
                f"{self.height_multiplier}"
            )

    def after_warmup(self, step: int) -> float:
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
        # steps.
        passed = math.log(step * (ratio - 1) / length + 1, ratio)
        cycle = int(passed + _ROUNDING)
        start = length * (ratio**cycle - 1) / (ratio - 1)
        return cycle, min(1.0, (step - start) / (length * ratio**cycle))
