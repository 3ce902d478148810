"""How long a run still takes, phase by phase."""

import pytest

from pipelines.training.remaining import Part
from pipelines.training.remaining import Remaining

# A head on kept features, then half of a network, then all of it.
PARTS = [Part(4, 1e7), Part(10, 1e11), Part(6, 4e11)]
# A pass over the pictures that took 20 seconds, so 1e10 a second.
PASS = {"seconds": 20.0, "macs": 2e11}


def test_a_cheap_phase_does_not_promise_a_cheap_run():
    left = Remaining(PARTS)
    left.took(**PASS)
    left.epoch(0, 0.3)
    # By the mean of its epochs it would be 6 seconds.
    assert left.after(1) == pytest.approx(3 * 0.3 + 10 * 10 + 6 * 40)


def test_what_a_phase_takes_is_seen_in_it():
    left = Remaining(PARTS)
    left.took(**PASS)
    for number in range(4):
        left.epoch(number, 0.2)
    # The first one is compiled as well.
    left.epoch(4, 30.0)
    assert left.after(5) == pytest.approx(9 * 30 + 6 * 40)
    left.epoch(5, 8.0)
    assert left.after(6) == pytest.approx(8 * 8 + 6 * 40)
    assert left.after(20) == 0


def test_without_a_pass_other_phases_tell():
    left = Remaining([Part(2, 1e9), Part(2, 3e9)])
    left.epoch(0, 5.0)
    assert left.after(1) == 5 + 2 * 15
    # What is known better later is taken in.
    left.plan([Part(2, 1e9), Part(2, 2e9)])
    assert left.after(1) == 5 + 2 * 10


def test_nothing_is_known_at_first():
    assert Remaining(PARTS).after(0) == 0
