"""Loops that take turns, an epoch each, so that both meet the same machine."""

import threading
import time
from collections.abc import Callable

import keras


class Turn(keras.callbacks.Callback):
    """Lets a loop go on for an epoch when it is its turn."""

    def __init__(self):
        super().__init__()
        self.mine = threading.Semaphore(0)
        self.done = threading.Semaphore(0)
        self.seconds = []
        self.seconds_tracing = None
        self._started = None

    def on_epoch_begin(self, epoch, logs=None):
        self.mine.acquire()
        self._started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if self.seconds_tracing is None:
            self.seconds_tracing = time.perf_counter() - self._started

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self._started)
        self.done.release()


class TurnLoop:
    """A loop in a thread of its own, which runs when it is told to."""

    def __init__(self, fit: Callable):
        self._turn = Turn()
        self._problem = None
        self._thread = threading.Thread(
            target=self._run, args=(fit,), daemon=True
        )

    def _run(self, fit):
        try:
            fit(self._turn)
        except BaseException as error:
            self._problem = error
            self._turn.done.release()

    def go(self) -> None:
        """Runs one epoch, and returns when it is over."""
        if self._thread.ident is None:
            self._thread.start()
        self._turn.mine.release()
        self._turn.done.acquire()
        if self._problem is not None:
            raise self._problem

    def finish(self) -> None:
        self._thread.join()

    @property
    def seconds(self) -> list[float]:
        """Of each turn but the first, in which it was traced."""
        return self._turn.seconds[1:]

    @property
    def seconds_tracing(self) -> float:
        return self._turn.seconds_tracing


def take_turns(loops: list[TurnLoop], turns: int, tell) -> None:
    for turn in range(turns):
        # Who comes after whom differs, so that none has a better place.
        for loop in loops if turn % 2 else reversed(loops):
            loop.go()
        tell(turn + 1)
    for loop in loops:
        loop.finish()
