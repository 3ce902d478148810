"""Records some steps of a run for TensorBoard's profile page."""

import keras
import tensorflow as tf

from pipelines.runs.config import parse_steps


class Profiler(keras.callbacks.Callback):
    """Records where the time of some steps goes, on the host and on devices.

    Args:
        folder: The run's folder; the record goes to its `plugins/profile`.
        steps: The first and the last step to record, counted from 1 at the
            run's start, such as "100:110".
        resumed_at: Steps that were done before, where a run goes on.

    Raises:
        RequestError: `steps` is not such a text.
    """

    def __init__(self, folder, steps: str, *, resumed_at: int | None = None):
        super().__init__()
        self.folder = str(folder)
        self.first, self.last = parse_steps(steps)
        self._step = resumed_at or 0
        self._recording = False
        self._trace = None

    def on_train_batch_begin(self, batch, logs=None):
        self._step += 1
        if self._step == self.first:
            tf.profiler.experimental.start(self.folder)
            self._recording = True
        if self._recording:
            # By this name and number the page finds where a step begins.
            self._trace = tf.profiler.experimental.Trace(
                "train", step_num=self._step, _r=1
            )
            self._trace.__enter__()

    def on_train_batch_end(self, batch, logs=None):
        if not self._recording:
            return
        self._trace.__exit__(None, None, None)
        self._trace = None
        if self._step == self.last:
            self._stop()

    def on_train_end(self, logs=None):
        # The run ended before the last step that was asked for.
        if self._recording:
            self._stop()

    def _stop(self):
        tf.profiler.experimental.stop()
        self._recording = False
