"""The schedules by their names, made to the length of a run."""

import dataclasses
from collections.abc import Callable

from pipelines.training.schedules.base import Schedule
from pipelines.training.schedules.base import scaled_rate
from pipelines.training.schedules.cycles import CosineCycles
from pipelines.training.schedules.cycles import cycle_ends
from pipelines.training.schedules.durations import duration_in_steps
from pipelines.training.schedules.durations import exact_steps
from pipelines.training.schedules.durations import split_duration
from pipelines.training.schedules.falling import ConstantSchedule
from pipelines.training.schedules.falling import ExponentialSchedule
from pipelines.training.schedules.falling import PolynomialSchedule
from pipelines.training.schedules.falling import StepSchedule
from pipelines.training.schedules.one_cycle import OneCycleSchedule
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class RunLength:
    """How long a run is."""

    epochs: int
    steps_per_epoch: int
    batch_size: int

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    def of(self, text: str) -> int:
        """Returns a duration in steps, see `duration_in_steps`."""
        return duration_in_steps(
            text, self.steps_per_epoch, self.batch_size, self.steps
        )

    def is_within(self, text: str) -> bool:
        """Whether a duration is over behind the start and before the end."""
        exact = exact_steps(
            text, self.steps_per_epoch, self.batch_size, self.steps
        )
        return 0 < exact < self.steps


@dataclasses.dataclass(frozen=True)
class ScheduleWish:
    """What a schedule is asked to be, in the words of the flags.

    Args:
        name: One of `SCHEDULES`.
        warmup: How long the rate rises; None for the usual.
        milestones: Where it falls, or how often.
        decay: The factor of a fall, or a power; None for the usual.
        cycles: Of the cosine.

    Raises:
        RequestError: A value is misspelt or does not belong to the schedule.
    """

    name: str = "cosine"
    warmup: str | None = None
    milestones: tuple[str, ...] = ()
    decay: float | None = None
    cycles: int = 1

    def __post_init__(self):
        if self.name not in SCHEDULES:
            raise RequestError(
                f"`schedule` is one of {', '.join(SCHEDULES)}. Received: "
                f"{self.name}"
            )
        for text in (self.warmup, *self.milestones):
            if text is not None:
                split_duration(text)
        self._check_milestones()
        self._refuse("decay", self.decay is not None, _WITH_DECAY)
        self._refuse("cycles", self.cycles > 1, ("cosine",))

    def _check_milestones(self) -> None:
        self._refuse("milestones", self.milestones, _WITH_MILESTONES)
        if self.name == "step" and not self.milestones:
            raise RequestError(
                "`schedule=step` falls at `milestones`, such as 30ep,60ep or "
                "50%,75%. Give them."
            )
        if self.name == "exponential" and len(self.milestones) != 1:
            raise RequestError(
                "`schedule=exponential` falls again and again; `milestones` "
                "says how often, such as 2.4ep. Received: "
                f"{','.join(self.milestones) or 'none'}"
            )

    def _refuse(self, flag: str, given, names) -> None:
        if given and self.name not in names:
            raise RequestError(
                f"`{flag}` is for `schedule={' or '.join(names)}`, not for "
                f"{self.name}. Leave it out."
            )

    def fill(self, phase, steps_per_epoch: int, batch_size: int) -> Schedule:
        """Returns the schedule that fills a phase.

        Args:
            phase: Its `epochs`, and its `learning_rate` for a batch of 256.
            steps_per_epoch: Of the run.
            batch_size: Examples of a step.

        Raises:
            RequestError: The warm-up is as long as the phase.
        """
        return self.fit(
            scaled_rate(phase.learning_rate, batch_size),
            RunLength(phase.epochs, steps_per_epoch, batch_size),
        )

    def check(self, phases, steps_per_epoch: int, batch_size: int) -> None:
        """Refuses what has no place in a run.

        Args:
            phases: Of the run, as `fill` takes one.
            steps_per_epoch: Of the run.
            batch_size: Examples of a step.

        Raises:
            RequestError: A warm-up is as long as a phase, there are more
                cycles than steps, or a milestone is in none of the phases.
        """
        for phase in phases:
            self.fill(phase, steps_per_epoch, batch_size)
        lengths = [
            RunLength(phase.epochs, steps_per_epoch, batch_size)
            for phase in phases
        ]
        for text in self.milestones:
            if not any(length.is_within(text) for length in lengths):
                longest = max(length.epochs for length in lengths)
                raise RequestError(
                    f"`milestones={','.join(self.milestones)}`: at {text} no "
                    f"rate can fall, where at most {longest} epochs follow "
                    "one another. Give one between the first step and the "
                    "last, such as 50%, or more `epochs`."
                )

    def fit(self, peak: float, length: RunLength) -> Schedule:
        """Returns the schedule that fills a run.

        Args:
            peak: The highest rate.
            length: Of the run.

        Raises:
            RequestError: The warm-up is as long as the run, or there are
                more cycles than steps.
        """
        row = SCHEDULES[self.name]
        warmup = length.of(self.warmup or row.warmup)
        if warmup >= max(1, length.steps):
            raise RequestError(
                f"`warmup={self.warmup}` takes {warmup} steps, and the run "
                f"has {length.steps}. Give a shorter one or more `epochs`."
            )
        return row.build(self, peak, warmup, length)


@dataclasses.dataclass(frozen=True)
class ScheduleRow:
    """One schedule: how it is built, and its warm-up where nobody says it."""

    build: Callable[[ScheduleWish, float, int, RunLength], Schedule]
    warmup: str = "5%"


def _cosine(wish, peak, warmup, length):
    ends = cycle_ends(length.steps, wish.cycles, warmup)
    return CosineCycles(peak, ends, warmup=warmup)


def _one_cycle(wish, peak, warmup, length):
    return OneCycleSchedule(peak, length.steps, warmup=warmup)


def _step(wish, peak, warmup, length):
    milestones = tuple(map(length.of, wish.milestones))
    factor = 0.1 if wish.decay is None else wish.decay
    return StepSchedule(peak, milestones, factor, warmup=warmup)


def _polynomial(wish, peak, warmup, length):
    power = 1.0 if wish.decay is None else wish.decay
    return PolynomialSchedule(peak, length.steps, power, warmup=warmup)


def _exponential(wish, peak, warmup, length):
    every = max(1, length.of(wish.milestones[0]))
    factor = 0.97 if wish.decay is None else wish.decay
    return ExponentialSchedule(peak, every, factor, warmup=warmup)


def _constant(wish, peak, warmup, length):
    return ConstantSchedule(peak, warmup=warmup)


SCHEDULES = {
    "cosine": ScheduleRow(_cosine),
    # The rise is a half of the cycle, which leaves a tenth of the run.
    "one_cycle": ScheduleRow(_one_cycle, warmup="45%"),
    "step": ScheduleRow(_step),
    "polynomial": ScheduleRow(_polynomial),
    "exponential": ScheduleRow(_exponential),
    "constant": ScheduleRow(_constant),
}
_WITH_MILESTONES = ("step", "exponential")
_WITH_DECAY = ("step", "exponential", "polynomial")
