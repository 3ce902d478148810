"""Tells a person how far a run is."""

import sys
import time

import keras
from tqdm import tqdm

from pipelines.devices.memory import peak_memory
from pipelines.tasks.task import LOSS
from pipelines.tasks.task import Task


def duration(seconds: float) -> str:
    """Writes a duration as people do: `48 s`, `12 min`, `3 h 20 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


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
    """A bar with the time that is left on a terminal, a line an epoch always.

    Args:
        total_epochs: Of the whole run, which may be several calls of `fit`.
        task: What is learned.
        stream: Where to write; the standard output where None.
    """

    def __init__(self, total_epochs: int, task: Task, stream=None):
        super().__init__()
        self.total_epochs = total_epochs
        self.task = task
        self.stream = stream or sys.stdout
        self._run_started = None
        self._first_epoch = None
        self._bar = None

    def on_epoch_begin(self, epoch, logs=None):
        if self._run_started is None:
            self._run_started = time.perf_counter()
            self._first_epoch = epoch
        if self.stream.isatty():
            self._bar = tqdm(
                total=self.params["steps"],
                desc=f"epoch {epoch + 1}/{self.total_epochs}",
                unit="step",
                file=self.stream,
                leave=False,
                dynamic_ncols=True,
            )

    def on_train_batch_end(self, batch, logs=None):
        if self._bar is None:
            return
        self._bar.update()
        if logs:
            told = [LOSS.told(logs["loss"]), *_decides(logs, self.task)]
            self._bar.set_postfix_str(", ".join(told), refresh=False)

    def on_epoch_end(self, epoch, logs=None):
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        done = epoch + 1 - self._first_epoch
        spent = time.perf_counter() - self._run_started
        left = spent / done * (self.total_epochs - epoch - 1)
        ending = f"{duration(left)} left" if left else duration(spent)
        print(
            f"epoch {epoch + 1}/{self.total_epochs} · "
            f"{describe(logs, self.task)} · {ending}",
            file=self.stream,
            flush=True,
        )
