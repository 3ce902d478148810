"""Processes that hang, crash or ask for too much, and the work that goes on.

The functions called are Python's own, which every process can import.
"""

import os
import time

from pipelines.audit.worker_pool import Failure
from pipelines.audit.worker_pool import Guard
from pipelines.audit.worker_pool import guarded_map

QUICK = Guard(workers=1, seconds=0.5, memory=2**28)


def answers(function, things, guard=QUICK):
    return dict(guarded_map(function, things, guard))


def test_every_thing_is_answered_once_in_any_number_of_processes():
    things = [-i for i in range(150)]
    for workers in (1, 2):
        found = list(guarded_map(abs, iter(things), Guard(workers)))
        assert sorted(found) == [(i, i) for i in range(150)]


def test_nothing_to_do():
    assert answers(abs, []) == {}


def test_what_hangs_is_named_and_the_rest_goes_on():
    start = time.monotonic()
    found = answers(time.sleep, [0, 0, 60, 0, 0])
    assert found[2] == Failure("hung", "was not decoded in 0.5 s")
    assert [found[i] for i in (0, 1, 3, 4)] == [None] * 4
    assert time.monotonic() - start < 30


def test_what_crashes_is_named_and_the_rest_goes_on():
    found = answers(os._exit, [3, 4])
    assert found == {
        0: Failure("crashed", "kills its decoder (exit code 3)"),
        1: Failure("crashed", "kills its decoder (exit code 4)"),
    }


def test_what_takes_too_much_memory_is_named_and_the_rest_goes_on():
    found = answers(bytes, [5, 2**30, 7])
    assert found[0] == bytes(5)
    assert found[1] == Failure("memory", "takes over 256 MiB to decode")
    assert found[2] == bytes(7)


def test_whatever_is_raised_is_about_one_thing_and_the_rest_goes_on():
    found = answers(int, ["1", "one", "2"])
    assert (found[0], found[2]) == (1, 2)
    assert found[1].kind == "failed"
    assert "ValueError: invalid literal" in found[1].detail
