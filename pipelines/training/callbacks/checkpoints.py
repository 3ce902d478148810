"""Keeps a run's state and its best weights on the disk while it goes on."""

import copy
import math
import pathlib
import threading
import time
from collections.abc import Callable

import keras

from pipelines.runs.checkpoints import steps_of
from pipelines.runs.checkpoints import write_checkpoint
from pipelines.runs.interruption import Interrupted
from pipelines.runs.interruption import StopRequest
from pipelines.runs.state import RunState
from pipelines.runs.state import as_files
from pipelines.tasks.metric import Metric
from zoo.weights.atomic import write_atomically
from zoo.weights.files import as_safetensors
from zoo.weights.finite import not_finite

BEST = "best.safetensors"
# Seconds between two checkpoints, and between two files of best weights.
_USUAL = 60.0
_BEST_APART = 10.0
# Saving takes at most this part of the time.
_SHARE = 0.05


class _NotFinite(Exception):
    """A state holds NaN or infinity."""


class Checkpoints(keras.callbacks.Callback):
    """Saves everything that a run needs to go on, and its best weights.

    What a state speaks of is on the disk before it is: the best weights that
    it knows of, and what other callbacks have written.

    The state is copied between two steps and written beside the training, so
    that the run hardly waits. What holds a NaN is never written, and what
    cannot be written (a full disk) costs a line. Stands last among the
    callbacks, whose state it saves; its `run_state` is set once they are
    all there.

    Args:
        folder: Where to; made if it is not there.
        metric: Which number on held-out pictures says what is best.
        every_steps: Steps between two checkpoints; None for one a minute, or
            less often where saving would take more than 5 % of the time.
        stop: Asks the run to stop: it saves and raises `Interrupted`.
        writes: Whether this process writes; of several workers one does.
        facts: Returns more to note in a checkpoint: what the run is.
        say: Tells a person something in one line.
    """

    def __init__(
        self,
        folder,
        metric: Metric,
        *,
        every_steps: int | None = None,
        stop: StopRequest | None = None,
        writes: bool = True,
        facts: Callable[[], dict] = dict,
        say: Callable[[str], None] = print,
    ):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.every_steps = every_steps
        self.stop = stop
        self.writes = writes
        self.metric = metric
        self.facts = facts
        self.run_state: RunState | None = None
        self.best = metric.worst
        self.best_epoch = None
        self._say = say
        self._best_weights = None
        self._best_written = -math.inf
        self._saved_step = None
        self._saved_at = time.monotonic()
        self._interval = _USUAL
        self._writing: threading.Thread | None = None
        # What went wrong beside the training, and is no fault of the disk's.
        self._broken: Exception | None = None
        # Both threads take the best weights, and put them back.
        self._of_best = threading.Lock()

    def state(self) -> dict:
        return {"best": self.best, "best_epoch": self.best_epoch}

    def restore(self, state: dict) -> None:
        self.best = state["best"]
        self.best_epoch = state["best_epoch"]
        self._saved_step = self.run_state.step

    def on_train_batch_end(self, batch, logs=None):
        trainer = self.run_state.trainer
        if trainer.asked_to_stop or (self.stop and trainer.is_alone):
            self._stop()
        if self._is_due():
            self.save()

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        value = logs.get(self.metric.held_out, self.metric.worst)
        finite = math.isfinite(logs.get("loss", math.nan))
        if finite and self.metric.is_better(value, self.best):
            self.best, self.best_epoch = value, epoch + 1
            self._keep_best(value)
        if time.monotonic() - self._best_written >= _BEST_APART:
            self._write_best()
        if self._is_due():
            self.save()

    def on_train_end(self, logs=None):
        self._write_best()
        self.save()
        self.wait()

    def save(self) -> None:
        """Copies the state now, and begins to write it."""
        step = self.run_state.step
        if step == self._saved_step or not self.writes:
            return
        # Not skipped: whoever says how often means it.
        self.wait()
        started = time.monotonic()
        self.run_state.trainer.read()
        arrays, facts = self.run_state.take()
        # The run goes on while they are written, and changes what it noted.
        facts = copy.deepcopy({**facts, "run": self.facts()})
        self._writing = threading.Thread(
            target=self._write,
            args=(step, arrays, facts, self._take_best(), started),
            # A run that ends waits for it; one that is broken does not.
            daemon=True,
        )
        self._writing.start()
        self._saved_step, self._saved_at = step, time.monotonic()

    def wait(self) -> None:
        """Waits until what is being written is on the disk.

        Raises:
            Exception: What the writing met that is not told in a line.
        """
        if self._writing is not None:
            self._writing.join()
            self._writing = None
        broken, self._broken = self._broken, None
        if broken is not None:
            raise broken

    def _is_due(self) -> bool:
        if self.every_steps:
            return self.run_state.step % self.every_steps == 0
        if self._writing is not None and self._writing.is_alive():
            return False
        return time.monotonic() - self._saved_at >= self._interval

    def _write(self, step, arrays, facts, best, started) -> None:
        try:
            _check_finite(arrays)
            files, facts = as_files(self.run_state.model, arrays, facts)
            self.run_state.sync()
            if best is not None:
                self._put_best(best)
                best = None
            write_checkpoint(self.folder, step, files, facts)
        except (OSError, _NotFinite) as error:
            self._say(
                f"error: no checkpoint of step {step:,}: {error}. Training "
                f"goes on, {self._what_is_kept()}."
            )
        except Exception as error:
            # A thread would end with it alone, and no checkpoint come again.
            self._broken = error
        self._give_back(best)
        took = time.monotonic() - started
        self._interval = max(_USUAL, took / _SHARE)

    def _what_is_kept(self) -> str:
        kept = steps_of(self.folder)
        return f"that of step {kept[-1]:,} is kept" if kept else "there is none"

    def _stop(self) -> None:
        self._write_best()
        self.save()
        self.wait()
        why = self.stop.name if self.stop else "another worker"
        raise Interrupted(
            f"stopped by {why} after step {self.run_state.step:,}; all of it "
            f"is saved in {self.folder}"
        )

    def _keep_best(self, value: float) -> None:
        metadata = {
            "epoch": str(self.best_epoch),
            self.metric.held_out: str(value),
        }
        with self.run_state.trainer.judged():
            found = as_safetensors(self.model, metadata)
        with self._of_best:
            self._best_weights = found

    def _write_best(self) -> None:
        """Writes the best weights now; those on the disk may be older."""
        if self._best_weights is None or not self.writes:
            return
        # What is being written may hold an earlier best.
        self.wait()
        best = self._take_best()
        try:
            self._put_best(best)
        except OSError as error:
            self._say(f"error: {BEST} is not written: {error}")
            self._give_back(best)

    def _take_best(self) -> bytes | None:
        """Returns the best weights that the disk has not."""
        with self._of_best:
            best, self._best_weights = self._best_weights, None
        return best

    def _give_back(self, best: bytes | None) -> None:
        """Keeps what was not written; perhaps the next time there is room."""
        with self._of_best:
            if self._best_weights is None:
                self._best_weights = best

    def _put_best(self, best: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / BEST, best)
        self._best_written = time.monotonic()


def _check_finite(arrays: dict) -> None:
    odd = not_finite(arrays)
    if odd:
        raise _NotFinite(f"{odd[0]} is not finite")
