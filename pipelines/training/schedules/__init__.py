"""Learning rates as pure functions of the step."""

from pipelines.training.schedules.base import Schedule
from pipelines.training.schedules.base import scaled_rate
from pipelines.training.schedules.cosine import CosineSchedule
from pipelines.training.schedules.cycles import CosineCycles
from pipelines.training.schedules.cycles import cycle_ends
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
    "CosineCycles",
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
    "scaled_rate",
    "split_duration",
]
