"""What all schedules share: a peak, and the steps in which it is reached."""

import dataclasses

from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class Schedule:
    """A learning rate as a function of the step alone.

    The same for every run that asks for the same step, so that nothing has
    to be saved for a run to go on.

    Args:
        peak: The highest rate.
        warmup: Steps in which the rate rises linearly to `peak`: the first
            one has `peak / warmup`, as in Goyal et al. 2017, section 2.2.

    Raises:
        RequestError: A value is out of its range.
    """

    peak: float
    warmup: int = dataclasses.field(default=0, kw_only=True)

    def __post_init__(self):
        if self.peak <= 0 or self.warmup < 0:
            raise RequestError(
                "A schedule needs a rate above 0 and no negative warm-up. "
                f"Received: peak={self.peak}, warmup={self.warmup}"
            )

    def __call__(self, step: int) -> float:
        """Returns the rate of a step, counted from 0."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        return self.after_warmup(step)

    def after_warmup(self, step: int) -> float:
        """Returns the rate of a step that is not below `warmup`."""
        raise NotImplementedError


def scaled_rate(rate: float, batch_size: int) -> float:
    """Scales a rate given for a batch of 256 linearly to another batch.

    Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.1.
    """
    return rate * batch_size / 256
