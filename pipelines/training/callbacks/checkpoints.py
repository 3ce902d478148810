"""Keeps the last and the best weights of a run."""

import math
import pathlib

import keras

import zoo


class Checkpoints(keras.callbacks.Callback):
    """Writes `last.safetensors` and `best.safetensors` after each epoch.

    A file is there whole or not at all; nothing but finite weights of a
    finite loss is written.

    Args:
        folder: Where to; made if it is not there.
        monitor: The number in the logs that is best when highest.
    """

    def __init__(self, folder, monitor: str = "val_top1"):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.monitor = monitor
        self.best = -math.inf
        self.best_epoch = None

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if not math.isfinite(logs.get("loss", math.nan)):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        metadata = {"epoch": str(epoch + 1)}
        zoo.save_weights(self.model, self.folder / "last.safetensors", metadata)
        value = logs.get(self.monitor, -math.inf)
        if value > self.best:
            self.best, self.best_epoch = value, epoch + 1
            metadata[self.monitor] = str(value)
            zoo.save_weights(
                self.model, self.folder / "best.safetensors", metadata
            )
