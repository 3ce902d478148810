"""Keeps the last and the best weights of a run."""

import math
import pathlib
import time

import keras

from zoo.weights.files import as_safetensors
from zoo.weights.files import write_atomically


class Checkpoints(keras.callbacks.Callback):
    """Writes `last.safetensors` and `best.safetensors` while a run goes on.

    After an epoch, but not more often than every `seconds`: epochs on cached
    features take less time than writing does. A file is there whole or not
    at all; nothing but finite weights of a finite loss is written.

    Args:
        folder: Where to; made if it is not there.
        monitor: The number in the logs that is best when highest.
        seconds: The least time between two writes; the end of training
            always writes.
    """

    def __init__(self, folder, monitor: str = "val_top1", seconds: float = 10):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.monitor = monitor
        self.seconds = seconds
        self.best = -math.inf
        self.best_epoch = None
        self._metadata = None
        self._waiting = None
        self._written = -math.inf

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if not math.isfinite(logs.get("loss", math.nan)):
            # The weights may not be finite either: those before are kept.
            self._metadata = None
            return
        self._metadata = {"epoch": str(epoch + 1)}
        value = logs.get(self.monitor, -math.inf)
        if value > self.best:
            self.best, self.best_epoch = value, epoch + 1
            self._waiting = as_safetensors(
                self.model, {**self._metadata, self.monitor: str(value)}
            )
        if time.monotonic() - self._written >= self.seconds:
            self._write()

    def on_train_end(self, logs=None):
        if self._metadata is not None or self._waiting is not None:
            self._write()

    def _write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._metadata is not None:
            last = as_safetensors(self.model, self._metadata)
            write_atomically(self.folder / "last.safetensors", last)
            self._metadata = None
        if self._waiting is not None:
            write_atomically(self.folder / "best.safetensors", self._waiting)
            self._waiting = None
        self._written = time.monotonic()
