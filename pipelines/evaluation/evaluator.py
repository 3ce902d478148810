"""Running a model over every example of a set, once."""

import functools

import numpy as np
import tensorflow as tf

from pipelines.batches.evaluation_data import EvaluationData
from pipelines.data.naming import naming_bad_pictures
from pipelines.devices.logits import make_logits_step
from pipelines.devices.strategy import distribute
from pipelines.tasks.task import Task
from pipelines.waiting.work import work


class Evaluator:
    """Judges one model; its graph is traced once, however often it is used.

    Args:
        model: Pixels in, logits out.
        strategy: Where it computes.
        task: What was learned.
    """

    def __init__(self, model, strategy, task: Task):
        self._strategy = strategy
        self._step = make_logits_step(model, strategy)
        self._task = task

    def logits(self, data: EvaluationData, progress=None):
        """Returns what the model returns, `(examples, …)`, in their order.

        Args:
            data: What the model is run over.
            progress: Called with the numbers of batches done and in all.

        Raises:
            DataError: A picture cannot be decoded; it is named.
        """
        judging = work("judging", "batch")
        with judging as piece, naming_bad_pictures(data.examples):
            return self._logits(data, piece, progress)

    def _logits(self, data: EvaluationData, piece, progress) -> np.ndarray:
        # Repeated, so that workers need not ask each other for the end.
        batches = iter(
            distribute(self._strategy, data.dataset.repeat(), data.batch_size)
        )
        found, done = None, 0
        for step in range(1, data.steps + 1):
            inputs, _, _ = next(batches)
            part = self._mean_of_views(self._step(inputs), data.views)
            if found is None:
                room = functools.partial(_room_for, len(data.examples))
                found = tf.nest.map_structure(room, part)
            fill = functools.partial(_fill, done)
            tf.nest.map_structure(fill, found, part)
            done += len(tf.nest.flatten(part)[0])
            piece.count(step, data.steps)
            if progress:
                progress(step, data.steps)
        return found

    def _mean_of_views(self, found, views: int):
        """Of each example one row, where a batch has several in a row."""

        def view(number):
            return tf.nest.map_structure(
                lambda each: each.numpy()[number::views], found
            )

        return self._task.mean([view(number) for number in range(views)])

    def evaluate(self, data: EvaluationData, progress=None) -> dict:
        """Returns what `Task.measure` does, every example counted once."""
        return self._task.measure(
            self.logits(data, progress), data.examples.labels
        )


def _room_for(count: int, part: np.ndarray) -> np.ndarray:
    # At once: parts that are joined at the end would lie there twice.
    return np.empty((count, *part.shape[1:]), part.dtype)


def _fill(start: int, whole: np.ndarray, part: np.ndarray) -> None:
    # The filling of the last batch comes last.
    rows = whole[start : start + len(part)]
    rows[...] = part[: len(rows)]
