"""One rise and one fall, then a last part with hardly any rate."""

import dataclasses
import itertools

from pipelines.training.schedules.base import Schedule
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class OneCycleSchedule(Schedule):
    """A triangle over most of a run, then a much lower rate down to none.

    Smith and Topin, "Super-Convergence", 2017, section 3: the cycle is
    somewhat shorter than the run, and the rest of the run takes the rate
    several orders of magnitude further down.

    Args:
        peak: The highest rate.
        steps: How many the whole run has.
        start: The cycle's first and last rate, as a part of `peak`.
        rest: The part of the run after the cycle, in [0, 1).
        warmup: Steps of the rise.

    Raises:
        RequestError: A value is out of its range.

    Example:

    ```python
    from pipelines.training.schedules import OneCycleSchedule
    rate = OneCycleSchedule(1.0, 100, start=0.1, rest=0.2, warmup=40)
    assert [round(rate(s), 3) for s in (0, 40, 60, 80, 90)] == [
        0.1, 1.0, 0.55, 0.1, 0.05]
    ```
    """

    steps: int
    start: float = 0.04
    rest: float = 0.1

    def __post_init__(self):
        super().__post_init__()
        if not 0 < self.start <= 1 or not 0 <= self.rest < 1:
            raise RequestError(
                "One cycle starts at a part of the peak in (0, 1] and leaves "
                "a part of the run in [0, 1). Received: "
                f"start={self.start}, rest={self.rest}"
            )
        if self.warmup > self._end:
            raise RequestError(
                f"The rise of one cycle, {self.warmup} steps, is longer than "
                f"the cycle, {self._end} of {self.steps} steps. Give a "
                "shorter `warmup` or more `epochs`."
            )

    @property
    def _end(self) -> int:
        """The step at which the cycle is over."""
        return round(self.steps * (1 - self.rest))

    def __call__(self, step: int) -> float:
        """Returns the rate of a step, counted from 0."""
        low = self.peak * self.start
        knots = (
            (0, low),
            (self.warmup, self.peak),
            (self._end, low),
            (self.steps, 0.0),
        )
        for (first, left), (last, right) in itertools.pairwise(knots):
            if step < last:
                return left + (right - left) * (step - first) / (last - first)
        return 0.0
