"""Half-cosines that fill a run: each of them comes down before the next."""

import bisect
import dataclasses
import math

from pipelines.training.schedules.base import Schedule
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class CosineCycles(Schedule):
    """Warm-up, then half-cosines, the last of which ends with the run.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm
    Restarts", 2016, section 3. At the end of each the rate is lowest, and the
    weights are worth keeping: Huang et al., "Snapshot Ensembles", 2017,
    section 3.

    Args:
        peak: The rate that each of them begins with.
        ends: After how many steps of the run each is over, rising.
        warmup: Steps in which the rate rises linearly to `peak`.

    Raises:
        RequestError: A value is out of its range.

    Example:

    ```python
    from pipelines.training.schedules import CosineCycles
    rate = CosineCycles(1.0, ends=(2, 6))
    assert [round(rate(step), 2) for step in range(6)] == [
        1, .5, 1, .85, .5, .15]
    ```
    """

    ends: tuple[int, ...]

    def __post_init__(self):
        super().__post_init__()
        begins = (self.warmup, *self.ends)
        rising = all(a < b for a, b in zip(begins, self.ends, strict=False))
        if not self.ends or not rising:
            raise RequestError(
                "Cycles end one after the other, behind the warm-up. "
                f"Received: ends={self.ends}, warmup={self.warmup}"
            )

    def after_warmup(self, step: int) -> float:
        last = len(self.ends) - 1
        cycle = min(bisect.bisect_right(self.ends, step), last)
        start = self.ends[cycle - 1] if cycle else self.warmup
        done = min(1.0, (step - start) / (self.ends[cycle] - start))
        return self.peak * (1 + math.cos(math.pi * done)) / 2


def cycle_ends(steps: int, cycles: int, warmup: int = 0) -> tuple[int, ...]:
    """Returns where cycles end, each twice as long as the one before.

    Their lengths are rounded to whole steps, so that they fill the run.

    Args:
        steps: Of the run.
        cycles: How many.
        warmup: Steps before the first of them.

    Raises:
        RequestError: The first would have less than one step.

    Example:

    ```python
    from pipelines.training.schedules import cycle_ends
    assert cycle_ends(20, 3, warmup=1) == (4, 9, 20)
    ```
    """
    left, parts = steps - warmup, 2**cycles - 1
    if left < parts:
        most = (max(0, left) + 1).bit_length() - 1
        raise RequestError(
            f"`cycles={cycles}`, each twice as long as the one before, take "
            f"{parts:,} steps at least, and there are {left:,}. Give at most "
            f"{max(1, most)}, or more `epochs`."
        )
    # Rounded to the nearest, in whole numbers.
    return tuple(
        warmup + (2 * left * (2**i - 1) + parts) // (2 * parts)
        for i in range(1, cycles + 1)
    )
