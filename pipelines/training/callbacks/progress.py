"""Tells a person how far a run is."""

import sys
import time

import keras

from pipelines.devices.memory import peak_memory
from pipelines.tasks.metric import LOSS
from pipelines.tasks.task import Task
from pipelines.training.remaining import Part
from pipelines.training.remaining import Remaining
from pipelines.waiting.durations import duration
from pipelines.waiting.heartbeat import speaking
from pipelines.waiting.work import Work
from pipelines.waiting.work import begin
from pipelines.waiting.work import end


def describe(logs: dict, task: Task) -> str:
    """Writes an epoch's numbers on one line.

    Args:
        logs: Of an epoch.
        task: What is learned.
    """
    parts = [LOSS.told(logs["loss"]), *_decides(logs, task)]
    if LOSS.held_out in logs:
        held_out = [
            metric.told(logs[metric.held_out]) for metric in (LOSS, *task.shown)
        ]
        parts.append(f"validation: {', '.join(held_out)}")
    parts.append(f"{logs['images_per_second']:,.0f} images/s")
    parts.append(f"waited {logs['input_wait']:.0%}")
    return " · ".join(parts)


def _decides(logs: dict, task: Task) -> list[str]:
    """Not every metric can be told of the pictures that are learned from."""
    decides = task.decides
    return [decides.told(logs[decides.name])] if decides.name in logs else []


def closing_summary(history: list[dict]) -> str:
    """Says on one line how fast a run was and what it took.

    Args:
        history: The logs of each epoch, as `Trainer.fit` returns them.

    Returns:
        Images a second over all epochs, the part of the time that training
        waited for pictures, the mean time of an epoch's training part, and
        the most memory that was in use; empty where there was no epoch.
    """
    if not history:
        return ""
    seconds = [logs["seconds"] for logs in history]
    whole = sum(seconds)
    speed, waited = (
        sum(logs[key] * logs["seconds"] for logs in history) / whole
        for key in ("images_per_second", "input_wait")
    )
    return " · ".join(
        [
            f"{speed:,.0f} images/s",
            f"waited {waited:.0%}",
            f"{duration(whole / len(history))} an epoch",
            peak_memory(),
        ]
    )


class Progress(keras.callbacks.Callback):
    """What an epoch's work is and how far it has come; its line at its end.

    The bar inside of an epoch is drawn by whoever tells what takes long
    (`pipelines.waiting.heartbeat`).

    Args:
        total_epochs: Of the whole run, which may be several calls of `fit`.
        task: What is learned.
        stream: Where the lines go; the standard output where None.
        remaining: Counts what is left; all epochs cost the same where None.
    """

    def __init__(
        self,
        total_epochs: int,
        task: Task,
        stream=None,
        remaining: Remaining | None = None,
    ):
        super().__init__()
        self.total_epochs = total_epochs
        self.task = task
        self.stream = stream or sys.stdout
        self.remaining = remaining or Remaining([Part(total_epochs, 1.0)])
        self._run_started = None
        self._epoch_started = None
        self._first_batch = 0
        self._epoch = None

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_started, self._first_batch = time.perf_counter(), 0
        if self._run_started is None:
            self._run_started = self._epoch_started
        # Its line comes at its end, and is enough where it is short.
        label = f"epoch {epoch + 1}/{self.total_epochs}"
        self._epoch = begin(Work(label, "step", after=None))
        self._epoch.count(0, self.params.get("steps"))

    def on_train_batch_end(self, batch, logs=None):
        if not self._epoch.done:
            self._first_batch = batch
        self._epoch.count(batch + 1, self._epoch.total)
        if logs:
            told = [LOSS.told(logs["loss"]), *_decides(logs, self.task)]
            self._epoch.note = ", ".join(told)

    def on_epoch_end(self, epoch, logs=None):
        end(self._epoch)
        now = time.perf_counter()
        if not self._first_batch:
            # One that was gone on with in its middle says little of others.
            self.remaining.epoch(epoch, now - self._epoch_started)
        if epoch + 1 < self.total_epochs:
            ending = f"{duration(self.remaining.after(epoch + 1))} left"
        else:
            ending = duration(now - self._run_started)
        line = (
            f"epoch {epoch + 1}/{self.total_epochs} · "
            f"{describe(logs, self.task)} · {ending}"
        )
        with speaking():
            print(line, file=self.stream, flush=True)
