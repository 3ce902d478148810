"""Calling a function on many things in processes that may die or hang.

A decoder that meets a hostile file may loop for ever, crash, or ask for all
memory. It does so in a process of its own, with a limit on memory and on
time; the file it had in its hands is named, and the next process goes on.
"""

import collections
import contextlib
import dataclasses
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from multiprocessing import connection
from typing import NamedTuple

_BATCH = 32
_POLL_SECONDS = 0.2
_WORDS = 200


class Failure(NamedTuple):
    """What became of one thing instead of a result.

    Args:
        kind: `"hung"`, `"crashed"`, `"memory"` or `"failed"`.
        detail: In words, the end of a sentence about the thing.
    """

    kind: str
    detail: str


@dataclasses.dataclass(frozen=True)
class Guard:
    """What worker processes may use.

    Args:
        workers: How many there are.
        seconds: For one thing, by the clock.
        memory: Bytes above what an idle worker has; not limited by systems
            without RLIMIT_AS.
    """

    workers: int = 1
    seconds: float = 10.0
    memory: int = 2**30


def guarded_map(
    function: Callable, things: Iterable, guard: Guard
) -> Iterator[tuple[int, object]]:
    """Calls a function on every thing, in processes that may fail.

    Args:
        function: Importable by its name in another process.
        things: What it is called on, in batches, as they are needed.
        guard: The limits.

    Yields:
        The thing's place and its result or `Failure`, in any order. Whatever
        the function raises is a failure with this one thing.
    """
    batches = _batches(enumerate(things))
    waiting = collections.deque()
    team = []
    try:
        while True:
            while len(team) < guard.workers:
                team.append(_Worker(function, guard))
            for worker in team:
                if worker.idle and (waiting or (batch := next(batches, None))):
                    worker.give(waiting.popleft() if waiting else batch)
            busy = [worker for worker in team if not worker.idle]
            if not busy:
                return
            connection.wait([w.pipe for w in busy], _POLL_SECONDS)
            for worker in busy:
                yield from worker.collect()
                if worker.failed:
                    yield worker.failed
                    waiting.extend(worker.rest)
                    team.remove(worker)
    finally:
        for worker in team:
            worker.stop()


def _batches(numbered):
    batch = []
    for pair in numbered:
        batch.append(pair)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class _Worker:
    """One process, and the batch it has in its hands."""

    def __init__(self, function, guard):
        # Not by forking, which copies TensorFlow's locked threads.
        context = multiprocessing.get_context("spawn")
        self._guard = guard
        # Which thing of the batch is in work, and since when.
        self._place = context.RawValue("q", -1)
        self._since = context.RawValue("d", 0.0)
        self.pipe, far = context.Pipe()
        self._process = context.Process(
            target=_serve,
            args=(far, function, guard.memory, self._place, self._since),
            daemon=True,
        )
        self._process.start()
        far.close()
        self._batch = []
        self.failed = None
        self.rest = []

    @property
    def idle(self) -> bool:
        return not self._batch

    def give(self, batch) -> None:
        self._batch = batch
        self._place.value = -1
        # Where it died meanwhile, collect() finds out.
        with contextlib.suppress(OSError):
            self.pipe.send([thing for _, thing in batch])

    def collect(self):
        """Yields what is done; notices whether the process failed."""
        try:
            if self.pipe.poll():
                results = self.pipe.recv()
                batch, self._batch = self._batch, []
                numbers = [number for number, _ in batch]
                yield from zip(numbers, results, strict=True)
            elif self._overdue():
                self._fail(
                    "hung", f"was not decoded in {self._guard.seconds:g} s"
                )
        except EOFError:
            self._process.join()
            self._fail(
                "crashed",
                f"kills its decoder (exit code {self._process.exitcode})",
            )

    def _overdue(self) -> bool:
        return (
            self._place.value >= 0
            and time.monotonic() - self._since.value > self._guard.seconds
        )

    def _fail(self, kind, detail) -> None:
        self.stop()
        place = self._place.value
        if place < 0:
            raise RuntimeError(f"A worker process did not start: {detail}.")
        number, _ = self._batch[place]
        self.failed = number, Failure(kind, detail)
        # What was done before it was not sent yet.
        rest = self._batch[:place] + self._batch[place + 1 :]
        self.rest = [rest] if rest else []

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _serve(pipe, function, memory, place, since) -> None:
    """What a worker process does until it is stopped."""
    # An interrupt is for the parent, which then stops this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(memory)
    while True:
        try:
            things = pipe.recv()
        except EOFError:
            return
        results = []
        for i, thing in enumerate(things):
            since.value = time.monotonic()
            place.value = i
            try:
                results.append(function(thing))
            except MemoryError:
                limit = f"{memory / 2**20:,.0f} MiB"
                results.append(
                    Failure("memory", f"takes over {limit} to decode")
                )
            except Exception as error:
                words = f"{type(error).__name__}: {error}"[:_WORDS]
                results.append(
                    Failure("failed", f"cannot be looked at ({words})")
                )
        place.value = -1
        pipe.send(results)


def _limit_memory(memory: int) -> None:
    try:
        import resource

        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = used + memory
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ImportError, OSError, ValueError):
        pass  # Neither on Windows nor on macOS.
