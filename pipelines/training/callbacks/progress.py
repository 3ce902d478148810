"""Tells a person how far a run is."""

import sys
import time

import keras
from tqdm import tqdm

from pipelines.devices.memory import peak_memory

# `top5` counts these.
_BEST = 5


def duration(seconds: float) -> str:
    """Writes a duration as people do: `48 s`, `12 min`, `3 h 20 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def describe(logs: dict, classes: int | None = None) -> str:
    """Writes an epoch's numbers on one line.

    Args:
        logs: Of an epoch.
        classes: How many there are, where known: of five and fewer, all are
            among the best five.
    """
    parts = [f"loss {logs['loss']:.4f}", f"top-1 {logs['top1']:.1%}"]
    if "val_top1" in logs:
        held_out = (
            f"validation: loss {logs['val_loss']:.4f}, "
            f"top-1 {logs['val_top1']:.1%}"
        )
        if classes is None or classes > _BEST:
            held_out += f", top-5 {logs['val_top5']:.1%}"
        parts.append(held_out)
    parts.append(f"{logs['images_per_second']:,.0f} images/s")
    parts.append(f"waited {logs['input_wait']:.0%}")
    return " · ".join(parts)


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
        stream: Where to write; the standard output where None.
    """

    def __init__(self, total_epochs: int, stream=None):
        super().__init__()
        self.total_epochs = total_epochs
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
            self._bar.set_postfix_str(
                f"loss {logs['loss']:.4f}, top-1 {logs['top1']:.1%}",
                refresh=False,
            )

    def on_epoch_end(self, epoch, logs=None):
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        done = epoch + 1 - self._first_epoch
        spent = time.perf_counter() - self._run_started
        left = spent / done * (self.total_epochs - epoch - 1)
        ending = f"{duration(left)} left" if left else duration(spent)
        classes = self.model.output_shape[-1] if self.model else None
        print(
            f"epoch {epoch + 1}/{self.total_epochs} · "
            f"{describe(logs, classes)} · {ending}",
            file=self.stream,
            flush=True,
        )
