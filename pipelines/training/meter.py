"""What the steps of an epoch add up to, and where its time goes."""

import math
import time

import numpy as np

from pipelines.training.step import MEASURES
from pipelines.training.step import SUMS

_NORM = MEASURES.index("gradient_norm")
_ASKED = MEASURES.index("asked")


class Meter:
    """Adds up an epoch's steps; reads numbers back as seldom as it is asked.

    Args:
        sums: What an epoch that is gone on with has added up, in the order
            of `SUMS`.
        seconds: How long that took.
        waited: How much of it was spent waiting for pictures.
        gradient_norm: Of its last step.
    """

    def __init__(
        self,
        sums=None,
        seconds: float = 0.0,
        waited: float = 0.0,
        gradient_norm: float = math.nan,
    ):
        self.sums = np.zeros(len(SUMS)) if sums is None else np.array(sums)
        self.waited = waited
        self.gradient_norm = gradient_norm
        # Whether any worker wants to stop, as of the last read.
        self.asked = False
        self._unread = []
        self._started = time.perf_counter() - seconds

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._started

    def wait_for(self, batches):
        """Returns the next batch."""
        started = time.perf_counter()
        batch = next(batches)
        self.waited += time.perf_counter() - started
        return batch

    def add(self, measures) -> None:
        """Takes in what a step returns, without waiting for it."""
        self._unread.append(measures)

    def read(self) -> int | None:
        """Waits for all steps.

        Returns:
            How many steps ago the loss was no finite number for the first
            time since the last read (0 for the last step), None where it
            always was one.
        """
        bad = None
        for ago in range(len(self._unread) - 1, -1, -1):
            row = np.asarray(self._unread[-1 - ago], "float64")
            self.sums += row[: len(SUMS)]
            self.gradient_norm = float(row[_NORM])
            self.asked |= bool(row[_ASKED])
            if bad is None and not math.isfinite(row[0]):
                bad = ago
        self._unread.clear()
        return bad

    def logs(self) -> dict:
        """Returns means over the examples read, and speeds."""
        loss, top1, top5, examples = self.sums
        seconds = self.seconds
        logs = {
            "loss": float(loss / examples),
            "top1": float(top1 / examples),
            "top5": float(top5 / examples),
            "images_per_second": float(examples / seconds),
            "input_wait": self.waited / seconds,
            "seconds": seconds,
        }
        if not math.isnan(self.gradient_norm):
            logs["gradient_norm"] = self.gradient_norm
        return logs

    def state(self) -> dict:
        """Returns the arguments that make such a meter again."""
        return {
            "sums": self.sums.tolist(),
            "seconds": self.seconds,
            "waited": self.waited,
            "gradient_norm": self.gradient_norm,
        }
