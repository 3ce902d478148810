"""Learning rates: every number by hand."""

import math

import numpy as np
import pytest

from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.schedules import SCHEDULES
from pipelines.training.schedules import ConstantSchedule
from pipelines.training.schedules import CosineCycles
from pipelines.training.schedules import CosineSchedule
from pipelines.training.schedules import ExponentialSchedule
from pipelines.training.schedules import OneCycleSchedule
from pipelines.training.schedules import PolynomialSchedule
from pipelines.training.schedules import RunLength
from pipelines.training.schedules import ScheduleWish
from pipelines.training.schedules import StepSchedule
from pipelines.training.schedules import cycle_ends
from pipelines.training.schedules import duration_in_steps
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
    ("steps", "cycles", "warmup", "ends"),
    [
        (100, 1, 0, (100,)),
        (300, 2, 0, (100, 300)),
        (700, 3, 0, (100, 300, 700)),
        (701, 3, 0, (100, 300, 701)),
        (20, 3, 1, (4, 9, 20)),
        (3, 2, 0, (1, 3)),
        (1, 1, 0, (1,)),
    ],
)
def test_cycles_that_fill_a_run(steps, cycles, warmup, ends):
    assert cycle_ends(steps, cycles, warmup) == ends


@pytest.mark.parametrize("cycles", range(1, 13))
@pytest.mark.parametrize("warmup", [0, 1, 7, 450])
def test_every_cycle_ends_at_its_end_whatever_the_numbers(cycles, warmup):
    random = np.random.default_rng(100 * cycles + warmup)
    fewest = warmup + 2**cycles - 1
    some = random.integers(fewest, 30 * fewest + 30, 40)
    for steps in (fewest, fewest + 1, *map(int, some)):
        ends = cycle_ends(steps, cycles, warmup)
        assert len(ends) == cycles and ends[-1] == steps
        schedule = CosineCycles(1.0, ends, warmup=warmup)
        begun = np.array([warmup, *ends[:-1]])
        lengths = np.array(ends) - begun
        # Each is twice as long as the one before, in whole steps.
        parts = 2 ** np.arange(1, cycles + 1) - 1
        exact = warmup + (steps - warmup) * parts / parts[-1]
        assert np.abs(np.array(ends) - exact).max() <= 0.5
        assert lengths.min() >= 1
        for start, length in zip(begun.tolist(), lengths.tolist(), strict=True):
            assert schedule(start) == 1
            last = (1 + math.cos(math.pi * (length - 1) / length)) / 2
            assert schedule(start + length - 1) == pytest.approx(last)


@pytest.mark.parametrize(
    ("steps", "cycles", "most"), [(2, 5, 1), (8, 4, 3), (675, 12, 9)]
)
def test_more_cycles_than_there_are_steps_for(steps, cycles, most):
    assert len(cycle_ends(steps, most)) == most
    message = f"there are {steps}. Give at most {most}, or more `epochs`"
    with pytest.raises(RequestError, match=message):
        cycle_ends(steps, cycles)


@pytest.mark.parametrize(
    ("ends", "warmup"), [((), 0), ((3, 3), 0), ((5, 2), 0), ((4, 9), 4)]
)
def test_ends_that_do_not_rise(ends, warmup):
    with pytest.raises(RequestError, match=r"Received: ends=\("):
        CosineCycles(1.0, ends, warmup=warmup)


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


LENGTH = RunLength(epochs=10, steps_per_epoch=100, batch_size=64)


@pytest.mark.parametrize(
    ("wish", "schedule"),
    [
        (
            ScheduleWish(cycles=3),
            # 950 steps, of which a cycle has 1, 2 and 4 in 7.
            CosineCycles(0.4, ends=(186, 457, 1000), warmup=50),
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


@pytest.mark.parametrize(
    ("name", "milestone"),
    [
        ("step", "50ep"),
        ("step", "120%"),
        ("step", "100%"),
        ("step", "1000st"),
        ("step", "64000ex"),
        ("step", "0st"),
        ("exponential", "10ep"),
        ("exponential", "0%"),
    ],
)
def test_a_milestone_out_of_the_run(name, milestone):
    wish = ScheduleWish(name, milestones=(milestone,))
    phases = [Phase("head", 4, 0.1), Phase("all", 10, 0.1)]
    message = f"`milestones={milestone}`: .* at most 10 epochs"
    with pytest.raises(RequestError, match=message):
        wish.check(phases, 100, 64)


def test_a_milestone_has_to_be_in_one_of_the_phases():
    phases = [Phase("head", 4, 0.1), Phase("all", 10, 0.1)]
    for text in ("9.9ep", "99%", "999st", "1st", "63999ex"):
        ScheduleWish("step", milestones=(text, "50%")).check(phases, 100, 64)
    # However few steps there are, a part of them is a part of them.
    ScheduleWish("step", "0%", ("22.2%", "66.7%")).check(phases[:1], 1, 64)
