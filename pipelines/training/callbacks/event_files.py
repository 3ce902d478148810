"""Event files as TensorBoard reads them, with restarts marked in them."""

import io
import os
import pathlib
import time

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.image.metadata import create_summary_metadata
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util import tensor_util

# How old a number may be that TensorBoard shows while a run goes on.
_SECONDS = 10


class EventFile:
    """One event file in a folder: what TensorBoard calls a run.

    `tf.summary` cannot mark a restart, which is why its writer is not used.
    A disk that is full costs the curves and one line, not the run.

    Args:
        folder: Made if it is not there.
        say: Tells a person something in one line.
    """

    def __init__(self, folder, say=print):
        self.folder = pathlib.Path(folder)
        self._say = say
        self._writer = None
        self._writer = self._try(
            lambda: EventFileWriter(str(self.folder), flush_secs=_SECONDS)
        )

    def restart(self, step: int) -> None:
        """Makes TensorBoard forget what was written for `step` and later.

        It heeds this where the folder has been begun with such a mark, too.
        """
        log = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._add(step, session_log=log)

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Writes numbers by their tags."""
        summary = summary_pb2.Summary()
        for tag, value in values.items():
            # Not as tensors: some of TensorBoard's readers forget only these.
            summary.value.add(tag=tag, simple_value=float(value))
        self._add(step, summary=summary)

    def text(self, tag: str, markdown: str) -> None:
        self._add(0, summary=text_pb(tag, markdown))

    def settings(self, values: dict, trial: str) -> None:
        """Writes what the HPARAMS page compares runs by.

        Args:
            values: Numbers, strings and booleans by name.
            trial: The run's name; runs of one name are shown as one.
        """
        found = hparams_pb(values, trial_id=trial, start_time_secs=time.time())
        self._add(0, summary=found)

    def picture(self, tag: str, pixels: np.ndarray) -> None:
        """Writes uint8 `(height, width, 3)`."""
        png = io.BytesIO()
        Image.fromarray(pixels).save(png, "PNG")
        height, width, _ = pixels.shape
        parts = [str(width), str(height), png.getvalue()]
        summary = summary_pb2.Summary()
        summary.value.add(
            tag=tag,
            metadata=create_summary_metadata(None, None),
            tensor=tensor_util.make_tensor_proto(parts, "string"),
        )
        self._add(0, summary=summary)

    def flush(self) -> None:
        """Brings what is still in memory to the disk."""
        if self._writer:
            self._try(self._writer.flush)

    def sync(self) -> None:
        """Flushes, and waits until the disk has it, whatever happens then."""
        self.flush()
        if self._writer:
            self._try(self._sync)

    def _sync(self) -> None:
        for path in self.folder.glob("events.*"):
            with open(path, "rb") as file:
                os.fsync(file.fileno())

    def close(self) -> None:
        """Flushes, and closes the file."""
        if self._writer:
            self._try(self._writer.close)
            self._writer = None

    def _add(self, step, **what) -> None:
        if self._writer:
            event = event_pb2.Event(wall_time=time.time(), step=step, **what)
            self._try(lambda: self._writer.add_event(event))

    def _try(self, write):
        try:
            return write()
        except (OSError, tf.errors.OpError) as error:
            self._writer = None
            reason = getattr(error, "message", None) or error
            self._say(
                f"TensorBoard's events cannot be written to {self.folder} "
                f"({reason}); the run goes on without them"
            )
            return None
