"""What the steps of an epoch add up to, and where its time goes."""

import math
import time

import numpy as np

from pipelines.tasks.task import Task
from pipelines.training.step import measures_of


class Meter:
    """Adds up an epoch's steps; reads numbers back as seldom as it is asked.

    Args:
        task: What is learned.
        sums: What an epoch that is gone on with has added up: loss, what the
            task counts, examples.
        seconds: How long that took.
        waited: How much of it was spent waiting for pictures.
        gradient_norm: Of its last step.
    """

    def __init__(
        self,
        task: Task,
        sums=None,
        seconds: float = 0.0,
        waited: float = 0.0,
        gradient_norm: float = math.nan,
    ):
        self._task = task
        self._measures = measures_of(task)
        self._summed = self._measures[: self._measures.index("examples") + 1]
        count = len(self._summed)
        self.sums = np.zeros(count) if sums is None else np.array(sums)
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
            self.sums += row[: len(self._summed)]
            named = dict(zip(self._measures, row.tolist(), strict=True))
            self.gradient_norm = named["gradient_norm"]
            self.asked |= bool(named["asked"])
            if bad is None and not math.isfinite(named["loss"]):
                bad = ago
        self._unread.clear()
        return bad

    def logs(self) -> dict:
        """Returns what the examples read amount to, and speeds."""
        sums = dict(zip(self._summed, self.sums, strict=True))
        seconds = self.seconds
        logs = {
            **self._task.means(sums),
            "images_per_second": float(sums["examples"] / seconds),
            "input_wait": self.waited / seconds,
            "seconds": seconds,
        }
        if not math.isnan(self.gradient_norm):
            logs["gradient_norm"] = self.gradient_norm
        return logs

    def state(self) -> dict:
        """Returns what makes such a meter again, beside its task."""
        return {
            "sums": self.sums.tolist(),
            "seconds": self.seconds,
            "waited": self.waited,
            "gradient_norm": self.gradient_norm,
        }
