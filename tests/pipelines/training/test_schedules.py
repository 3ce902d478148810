"""Learning rates: every number by hand."""

import math

import pytest

from pipelines.training.schedules import CosineSchedule
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
