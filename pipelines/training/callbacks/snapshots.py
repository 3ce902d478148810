"""Keeps the models of a cosine schedule's cycle ends, to judge together.

Huang et al., "Snapshot Ensembles: Train 1, Get M for Free", 2017: at the end
of each cycle the network rests in another minimum.
"""

import contextlib
import pathlib
from collections.abc import Callable

import keras

from pipelines.devices.batch_norm import plain_copy
from zoo.weights.atomic import replacing


class Snapshots(keras.callbacks.Callback):
    """Writes `cycle-1.keras`, `cycle-2.keras` … as the cycles end.

    Args:
        folder: Where to; made if it is not there.
        ends: The steps, counted from the run's start, at which they end.
        first_step: Steps that had been taken before.
        judged: Has the model hold what is judged (`Trainer.judged`).
    """

    def __init__(
        self,
        folder,
        ends,
        first_step: int = 0,
        judged: Callable = contextlib.nullcontext,
    ):
        super().__init__()
        self._judged = judged
        self.folder = pathlib.Path(folder)
        self.step = first_step
        self._cycles = {end: i for i, end in enumerate(ends, start=1)}

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        if self.step in self._cycles:
            self._write(self._cycles[self.step])

    def _write(self, cycle: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._judged():
            model = plain_copy(self.model)
        with replacing(self.folder / f"cycle-{cycle}.keras") as temporary:
            model.save(temporary)
