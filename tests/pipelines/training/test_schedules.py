"""Learning rates: every number by hand."""

import math

import pytest

from pipelines.training.schedules import SCHEDULES
from pipelines.training.schedules import ConstantSchedule
from pipelines.training.schedules import CosineSchedule
from pipelines.training.schedules import ExponentialSchedule
from pipelines.training.schedules import OneCycleSchedule
from pipelines.training.schedules import PolynomialSchedule
from pipelines.training.schedules import RunLength
from pipelines.training.schedules import ScheduleWish
from pipelines.training.schedules import StepSchedule
from pipelines.training.schedules import cycle_ends
from pipelines.training.schedules import duration_in_steps
from pipelines.training.schedules import fill_with_cycles
from pipelines.training.schedules import scaled_rate
from zoo.errors import RequestError

HALF = math.sqrt(0.5)


def rates(schedule, count):
    return [schedule(step) for step in range(count)]


def test_warm_up_and_one_cycle():
    schedule = CosineSchedule(0.8, first_cycle=4, warmup=4)
    expected = [0.2, 0.4, 0.6, 0.8]
    expected += [0.8, 0.4 * (1 + HALF), 0.4, 0.4 * (1 - HALF)]
    assert rates(schedule, 8) == pytest.approx(expected, abs=1e-12)


def test_restarts_of_one_length():
    schedule = CosineSchedule(2.0, first_cycle=2)
    assert rates(schedule, 6) == pytest.approx([2, 1] * 3, abs=1e-12)


def test_cycles_grow_longer_and_lower():
    schedule = CosineSchedule(
        1.0, first_cycle=2, period_multiplier=2, height_multiplier=0.5
    )
    second = [0.5, 0.25 * (1 + HALF), 0.25, 0.25 * (1 - HALF)]
    third = [0.125 * (1 + math.cos(math.pi * i / 8)) for i in range(8)]
    expected = [1, 0.5, *second, *third]
    assert rates(schedule, 14) == pytest.approx(expected, abs=1e-12)


def test_a_floor():
    schedule = CosineSchedule(
        1.0, first_cycle=2, floor=0.2, height_multiplier=0.1
    )
    # The second cycle's height, 0.1, would be below the floor.
    assert rates(schedule, 4) == pytest.approx([1, 0.6, 0.2, 0.2], abs=1e-12)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("length", [1, 3, 7, 100, 1000])
def test_every_cycle_starts_exactly_at_its_peak(ratio, length):
    schedule = CosineSchedule(
        1.0, first_cycle=length, warmup=5, period_multiplier=ratio,
        height_multiplier=0.9,
    )  # fmt: skip
    start = 5.0
    for cycle in range(8):
        if start == int(start):
            assert schedule(int(start)) == 0.9**cycle, cycle
            assert schedule(int(start) + 1) <= 0.9**cycle
            if cycle and length * ratio ** (cycle - 1) > 1:
                before = schedule(int(start) - 1)
                assert before < 0.9 ** (cycle - 1)
        start += length * ratio**cycle


def test_far_steps_have_a_rate():
    schedule = CosineSchedule(1.0, first_cycle=10, period_multiplier=2)
    assert all(0 <= schedule(10**n) <= 1 for n in range(10))


@pytest.mark.parametrize(
    ("steps", "cycles", "ratio", "first"),
    [
        (100, 1, 2.0, 100),
        (300, 2, 2.0, 100),
        (700, 3, 2.0, 100),
        (701, 3, 2.0, 101),
        (90, 3, 1.0, 30),
        (2, 5, 2.0, 1),
        (0, 1, 2.0, 1),
    ],
)
def test_cycles_that_fill_a_run(steps, cycles, ratio, first):
    assert fill_with_cycles(steps, cycles, ratio) == first
    assert first * sum(ratio**i for i in range(cycles)) >= steps


def test_rates_are_for_batches_of_256():
    assert scaled_rate(0.1, 256) == 0.1
    assert scaled_rate(0.1, 1024) == 0.4
    assert scaled_rate(0.1, 64) == 0.025


@pytest.mark.parametrize(
    "changes",
    [
        {"peak": 0.0},
        {"peak": -1.0},
        {"first_cycle": 0},
        {"warmup": -1},
        {"period_multiplier": 0.99},
        {"height_multiplier": 0.0},
        {"height_multiplier": 1.01},
    ],
)
def test_values_out_of_range(changes):
    (value,) = changes.values()
    with pytest.raises(RequestError, match=f"Received: .*{value}"):
        CosineSchedule(**{"peak": 1.0, "first_cycle": 5, **changes})


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (ConstantSchedule(2.0, warmup=2), [1, 2, 2, 2, 2, 2]),
        # Milestones count the warm-up in.
        (
            StepSchedule(8.0, (3, 5), 0.25, warmup=2),
            [4, 8, 8, 2, 2, 0.5, 0.5],
        ),
        (StepSchedule(8.0, (1,), warmup=3), [8 / 3, 16 / 3, 8, 0.8]),
        (ExponentialSchedule(8.0, 2, 0.5), [8, 8, 4, 4, 2, 2, 1]),
        (ExponentialSchedule(8.0, 2, 0.5, warmup=1), [8, 8, 4, 4, 2]),
        (PolynomialSchedule(4.0, 4), [4, 3, 2, 1, 0, 0]),
        (PolynomialSchedule(4.0, 4, 2.0), [4, 2.25, 1, 0.25, 0]),
        (PolynomialSchedule(4.0, 6, warmup=2), [2, 4, 4, 3, 2, 1, 0]),
        # Up in 4 steps, down in 4, and out in 2.
        (
            OneCycleSchedule(1.0, 10, start=0.2, rest=0.2, warmup=4),
            [0.2, 0.4, 0.6, 0.8, 1.0, 0.8, 0.6, 0.4, 0.2, 0.1, 0, 0],
        ),
        (
            OneCycleSchedule(1.0, 4, start=0.5, rest=0.0, warmup=0),
            [1.0, 0.875, 0.75, 0.625, 0.0],
        ),
    ],
)
def test_rates_by_hand(schedule, expected):
    assert rates(schedule, len(expected)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (ConstantSchedule, {"peak": 0.0}),
        (ConstantSchedule, {"warmup": -1}),
        (StepSchedule, {"milestones": (1,), "factor": 0.0}),
        (StepSchedule, {"milestones": (1,), "factor": 1.5}),
        (ExponentialSchedule, {"every": 0}),
        (ExponentialSchedule, {"every": 1, "factor": -0.5}),
        (PolynomialSchedule, {"steps": 5, "power": 0.0}),
        (OneCycleSchedule, {"steps": 5, "start": 0.0}),
        (OneCycleSchedule, {"steps": 5, "rest": 1.0}),
    ],
)
def test_other_values_out_of_range(kind, changes):
    value = list(changes.values())[-1]
    with pytest.raises(RequestError, match=f"Received: .*{value}"):
        kind(**{"peak": 1.0, **changes})


def test_a_rise_that_has_no_room():
    with pytest.raises(RequestError, match=r"91 steps, is longer .* 90 of 100"):
        OneCycleSchedule(1.0, 100, warmup=91)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("500st", 500),
        ("5ep", 350),
        ("2.4ep", 168),
        (".5ep", 35),
        ("12800ex", 100),
        ("5%", 35),
        ("33.3%", 233),
        (" 1ep ", 70),
    ],
)
def test_durations(text, steps):
    assert duration_in_steps(text, 70, 128, 700) == steps


@pytest.mark.parametrize("text", ["5", "ep", "5 ep", "-1ep", "1e3st", "5eps"])
def test_durations_without_a_unit(text):
    with pytest.raises(RequestError, match=r"500st \(steps\), 5ep"):
        duration_in_steps(text, 70, 128, 700)


@pytest.mark.parametrize(
    ("changes", "steps", "ends"),
    [
        ({}, 10, (10,)),
        ({}, 25, (10, 20, 25)),
        ({}, 20, (10, 20)),
        ({"warmup": 3}, 25, (13, 23, 25)),
        ({"period_multiplier": 2.0}, 70, (10, 30, 70)),
        # 10, 15, 22.5 steps: the third is over in the middle of a step.
        ({"period_multiplier": 1.5}, 60, (10, 25, 48, 60)),
    ],
)
def test_where_cycles_end(changes, steps, ends):
    schedule = CosineSchedule(1.0, first_cycle=10, **changes)
    assert cycle_ends(schedule, steps) == ends
    for end in ends[:-1]:
        # The next step is high up in a new cycle.
        assert schedule(end) > 0.9 > 0.1 > schedule(end - 1)


LENGTH = RunLength(epochs=10, steps_per_epoch=100, batch_size=64)


@pytest.mark.parametrize(
    ("wish", "schedule"),
    [
        (
            ScheduleWish(cycles=3),
            CosineSchedule(
                0.4, first_cycle=136, period_multiplier=2, warmup=50
            ),
        ),
        (
            ScheduleWish("one_cycle"),
            OneCycleSchedule(0.4, steps=1000, warmup=450),
        ),
        (
            ScheduleWish("step", "1ep", ("30%", "32000ex", "900st"), 0.2),
            StepSchedule(0.4, (300, 500, 900), 0.2, warmup=100),
        ),
        (
            ScheduleWish("exponential", "0%", ("2.4ep",)),
            ExponentialSchedule(0.4, every=240, factor=0.97),
        ),
        (
            ScheduleWish("polynomial", decay=2.0),
            PolynomialSchedule(0.4, steps=1000, power=2.0, warmup=50),
        ),
        (ScheduleWish("constant", "7st"), ConstantSchedule(0.4, warmup=7)),
    ],
)
def test_schedules_fit_a_run(wish, schedule):
    assert wish.fit(0.4, LENGTH) == schedule


def test_every_schedule_is_tested():
    assert set(SCHEDULES) == {
        "cosine", "one_cycle", "step", "exponential", "polynomial", "constant"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "linear"}, "`schedule` is one of cosine, one_cycle"),
        ({"warmup": "5"}, "A duration is a number and its unit"),
        ({"name": "step"}, "Give them"),
        ({"name": "step", "milestones": ("9",)}, "A duration is a number"),
        ({"name": "exponential"}, r"such as 2\.4ep\. Received: none"),
        (
            {"name": "exponential", "milestones": ("1ep", "2ep")},
            "Received: 1ep,2ep",
        ),
        ({"milestones": ("1ep",)}, "`milestones` is for `schedule=step or ex"),
        ({"decay": 0.5}, "`decay` is for `schedule=step or exponential or p"),
        ({"name": "constant", "cycles": 2}, "`cycles` is for `schedule=cos"),
    ],
)
def test_wishes_that_are_refused(changes, message):
    with pytest.raises(RequestError, match=message):
        ScheduleWish(**changes)


@pytest.mark.parametrize("warmup", ["10ep", "100%", "1000st", "64000ex"])
def test_a_warm_up_as_long_as_the_run(warmup):
    with pytest.raises(RequestError, match="1000 steps, and the run has 1000"):
        ScheduleWish(warmup=warmup).fit(0.1, LENGTH)
