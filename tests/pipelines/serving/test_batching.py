"""Pictures of many, computed together: each gets its own answer."""

import asyncio
import threading
import time
from concurrent import futures

import numpy as np
import pytest

from pipelines.serving.batching import Batcher
from pipelines.serving.batching import sizes


def told(pictures):
    """What stands in a picture: its first three levels as one number."""
    first = pictures[:, 0, 0].astype(int)
    return first @ np.array([65536, 256, 1])


def picture(number):
    levels = number >> 16, number >> 8 & 255, number & 255
    return np.full((2, 2, 3), levels, "uint8")


class Seen:
    """What a batcher counts."""

    def __init__(self):
        self.batches, self.waits = [], []

    def batch(self, waits, seconds):
        self.batches.append(len(waits))
        self.waits += waits
        assert seconds >= 0


@pytest.fixture
def asked():
    """Returns a function: the answers of a batcher for numbers."""

    def make(numbers, compute=told, **settings):
        async def ask():
            with futures.ThreadPoolExecutor(1) as one:
                batcher = Batcher(compute, one, **settings)
                found = await asyncio.gather(
                    *(batcher.answer(picture(number)) for number in numbers),
                    return_exceptions=True,
                )
                await batcher.close()
            return found

        return asyncio.run(ask())

    return make


def test_each_gets_its_own_answer(asked):
    seen = Seen()
    assert asked(range(1000), largest=16, metrics=seen) == [*range(1000)]
    assert sum(seen.batches) == 1000 and max(seen.batches) == 16


def test_batches_have_few_sizes_and_what_fills_them_is_nobodys(asked):
    shapes = []

    def compute(pictures):
        shapes.append(len(pictures))
        return told(pictures)

    assert asked(range(5), compute, largest=12) == [*range(5)]
    assert asked(range(11), compute, largest=12) == [*range(11)]
    assert shapes == [8, 12]
    assert set(shapes) <= set(sizes(12))


def test_one_waits_for_others_but_not_for_long(asked):
    seen = Seen()
    begun = time.perf_counter()
    asked([7], wait=0.2, metrics=seen)
    assert time.perf_counter() - begun >= 0.2
    assert seen.batches == [1] and seen.waits[0] >= 0.2


def test_a_full_batch_waits_for_nobody(asked):
    seen = Seen()
    asked(range(4), largest=4, wait=3600.0, metrics=seen)
    assert seen.batches == [4]


def test_what_is_raised_is_told_to_those_it_concerns(asked):
    calls = iter([ValueError("broken"), None])

    def compute(pictures):
        problem = next(calls)
        if problem:
            raise problem
        return told(pictures)

    first, second, third, fourth = asked(range(4), compute, largest=2)
    assert str(first) == str(second) == "broken"
    assert (third, fourth) == (2, 3)


def test_who_leaves_is_not_computed_for():
    computed, go_on = [], threading.Event()

    def compute(pictures):
        go_on.wait(10)
        computed.extend(told(pictures))
        return told(pictures)

    async def ask():
        with futures.ThreadPoolExecutor(1) as one:
            batcher = Batcher(compute, one, largest=1, wait=0)
            tasks = [
                asyncio.create_task(batcher.answer(picture(number)))
                for number in range(3)
            ]
            await asyncio.sleep(0.05)
            tasks[1].cancel()
            go_on.set()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            await batcher.close()
        return found

    found = asyncio.run(ask())
    assert computed == [0, 2] and (found[0], found[2]) == (0, 2)
    assert isinstance(found[1], asyncio.CancelledError)
