"""Learning rates as pure functions of the step."""

from pipelines.training.schedules.base import Schedule
from pipelines.training.schedules.base import scaled_rate
from pipelines.training.schedules.cosine import CosineSchedule
from pipelines.training.schedules.cosine import cycle_ends
from pipelines.training.schedules.cosine import fill_with_cycles
from pipelines.training.schedules.durations import duration_in_steps
from pipelines.training.schedules.durations import split_duration
from pipelines.training.schedules.falling import ConstantSchedule
from pipelines.training.schedules.falling import ExponentialSchedule
from pipelines.training.schedules.falling import PolynomialSchedule
from pipelines.training.schedules.falling import StepSchedule
from pipelines.training.schedules.one_cycle import OneCycleSchedule
from pipelines.training.schedules.table import SCHEDULES
from pipelines.training.schedules.table import RunLength
from pipelines.training.schedules.table import ScheduleWish

__all__ = [
    "SCHEDULES",
    "ConstantSchedule",
    "CosineSchedule",
    "ExponentialSchedule",
    "OneCycleSchedule",
    "PolynomialSchedule",
    "RunLength",
    "Schedule",
    "ScheduleWish",
    "StepSchedule",
    "cycle_ends",
    "duration_in_steps",
    "fill_with_cycles",
    "scaled_rate",
    "split_duration",
]
