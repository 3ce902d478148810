"""Pictures of many requests, computed together: one queue an engine."""

import asyncio
import collections
import time
from collections.abc import Callable
from concurrent import futures
from typing import NamedTuple

import numpy as np


class _Waiting(NamedTuple):
    picture: np.ndarray
    answer: asyncio.Future
    since: float


class Batcher:
    """Collects pictures for a moment and has them computed at once.

    While a batch is computed the next one gathers, so that batches grow with
    the load and nobody waits longer than has to be.

    Args:
        compute: Given uint8 (pictures, side, side, 3), returns an answer each;
            called by one thread at a time.
        executor: Whose thread that is.
        largest: How many pictures a batch has at most.
        wait: How long the first of a batch waits for others, in seconds.
        metrics: A `pipelines.serving.metrics.Metrics` of the model, which is
            told how large batches are and how long what takes.

    Example:

    ```python
    import asyncio
    from concurrent.futures import ThreadPoolExecutor
    import numpy as np
    from pipelines.serving.batching import Batcher
    async def ask():
        with ThreadPoolExecutor(1) as one:
            batcher = Batcher(lambda x: x.mean((1, 2, 3)), one)
            grey = [np.full((2, 2, 3), level, "uint8") for level in (1, 7, 9)]
            found = await asyncio.gather(*map(batcher.answer, grey))
            await batcher.close()
        return found
    assert asyncio.run(ask()) == [1, 7, 9]
    ```
    """

    def __init__(
        self,
        compute: Callable[[np.ndarray], np.ndarray],
        executor: futures.Executor,
        *,
        largest: int = 16,
        wait: float = 0.002,
        metrics=None,
    ):
        self._compute = compute
        self._executor = executor
        self._largest = largest
        self._wait = wait
        self._metrics = metrics
        self._waiting: collections.deque[_Waiting] = collections.deque()
        self._arrived = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._work())

    async def answer(self, picture: np.ndarray) -> np.ndarray:
        """Returns the answer for a picture.

        Args:
            picture: uint8 of shape (side, side, 3).
        """
        loop = asyncio.get_running_loop()
        item = _Waiting(picture, loop.create_future(), time.perf_counter())
        self._waiting.append(item)
        self._arrived.set()
        return await item.answer

    async def close(self) -> None:
        """Answers all that wait, and ends."""
        self._closing = True
        self._arrived.set()
        await self._task

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                if self._closing:
                    return
                self._arrived.clear()
                await self._arrived.wait()
            await self._gather()
            count = min(len(self._waiting), self._largest)
            taken = [self._waiting.popleft() for _ in range(count)]
            # Who asked may have left meanwhile.
            taken = [each for each in taken if not each.answer.done()]
            if taken:
                await self._answer(taken)

    async def _gather(self) -> None:
        """Waits until a batch is full, or its first picture has waited."""
        until = self._waiting[0].since + self._wait
        while len(self._waiting) < self._largest and not self._closing:
            left = until - time.perf_counter()
            if left <= 0:
                return
            self._arrived.clear()
            try:
                async with asyncio.timeout(left):
                    await self._arrived.wait()
            except TimeoutError:
                return

    async def _answer(self, taken: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        begun = time.perf_counter()
        pictures = _filled([each.picture for each in taken], self._largest)
        try:
            found = await loop.run_in_executor(
                self._executor, self._compute, pictures
            )
        # Whoever waits is told, and the next batch is another matter.
        except Exception as error:
            for each in taken:
                if not each.answer.done():
                    each.answer.set_exception(error)
            return
        for each, answer in zip(taken, found, strict=False):
            if not each.answer.done():
                each.answer.set_result(answer)
        if self._metrics:
            waits = [begun - each.since for each in taken]
            self._metrics.batch(waits, time.perf_counter() - begun)


def sizes(largest: int) -> list[int]:
    """Returns how large batches are: of few sizes, as engines prepare each.

    Example:

    ```python
    from pipelines.serving.batching import sizes
    assert sizes(1) == [1] and sizes(12) == [1, 2, 4, 8, 12]
    ```
    """
    powers = [1 << power for power in range(largest.bit_length())]
    return [size for size in powers if size < largest] + [largest]


def _filled(pictures: list[np.ndarray], largest: int) -> np.ndarray:
    """Stacks pictures, and black ones behind them up to one of the sizes."""
    size = next(each for each in sizes(largest) if each >= len(pictures))
    found = np.zeros((size, *pictures[0].shape), "uint8")
    np.stack(pictures, out=found[: len(pictures)])
    return found
