"""Writes what TensorBoard shows of a run, while it runs."""

import pathlib

import keras
import numpy as np
import tensorflow as tf

# Log key, and the tag under which the train and validation writers have it,
# so that both curves are in one plot. The tags are Keras's own.
_CURVES = {
    "loss": "epoch_loss",
    "top1": "epoch_top1",
    "top5": "epoch_top5",
}
_TRAIN_ONLY = {
    "learning_rate": "epoch_learning_rate",
    "images_per_second": "speed/images_per_second",
    "input_wait": "speed/input_wait",
}


class TensorBoard(keras.callbacks.Callback):
    """Scalars of each epoch, and a grid of the pictures as training sees them.

    `keras.callbacks.TensorBoard` wants Keras's own loop; this one needs only
    the logs.

    Args:
        folder: The run's folder; events go to its `train` and `validation`.
        pictures: uint8 `(pictures, height, width, 3)` to show, or None.
    """

    def __init__(self, folder, pictures=None):
        super().__init__()
        folder = pathlib.Path(folder)
        self._writers = {
            name: tf.summary.create_file_writer(str(folder / name))
            for name in ("train", "validation")
        }
        if pictures is not None:
            with self._writers["train"].as_default(step=0):
                tf.summary.image("augmented", grid(pictures)[np.newaxis])

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        curves = {tag: logs.get(key) for key, tag in _CURVES.items()}
        curves |= {tag: logs.get(key) for key, tag in _TRAIN_ONLY.items()}
        self._write("train", epoch, curves)
        held_out = {tag: logs.get(f"val_{k}") for k, tag in _CURVES.items()}
        self._write("validation", epoch, held_out)

    def _write(self, name, epoch, scalars):
        with self._writers[name].as_default(step=epoch + 1):
            for tag, value in scalars.items():
                if value is not None:
                    tf.summary.scalar(tag, value)
        self._writers[name].flush()

    def close(self):
        """Writes what is still in memory and closes the files."""
        for writer in self._writers.values():
            writer.close()


def grid(pictures: np.ndarray, columns: int = 8) -> np.ndarray:
    """Puts pictures of one size side by side, in rows.

    Args:
        pictures: uint8 `(pictures, height, width, 3)`.
        columns: Pictures in a row; a row that is not full is left out,
            unless it is the only one.

    Returns:
        uint8 `(rows * height, columns * width, 3)`.
    """
    pictures = np.asarray(pictures)
    columns = min(columns, len(pictures))
    rows = len(pictures) // columns
    _, height, width, channels = pictures.shape
    table = pictures[: rows * columns].reshape(
        rows, columns, height, width, channels
    )
    return table.swapaxes(1, 2).reshape(
        rows * height, columns * width, channels
    )
