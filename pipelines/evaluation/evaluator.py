"""Running a model over every example of a set, once."""

import numpy as np

from pipelines.batches.evaluation_data import EvaluationData
from pipelines.data.naming import naming_bad_pictures
from pipelines.devices.logits import make_logits_step
from pipelines.devices.strategy import distribute
from pipelines.evaluation.metrics import classification_metrics
from pipelines.evaluation.metrics import mean_of_probabilities


class Evaluator:
    """Judges one model; its graph is traced once, however often it is used.

    Args:
        model: Pixels in, logits out.
        strategy: Where it computes.
    """

    def __init__(self, model, strategy):
        self._strategy = strategy
        self._step = make_logits_step(model, strategy)

    def logits(self, data: EvaluationData, progress=None) -> np.ndarray:
        """Returns float32 `(examples, classes)`, in the examples' order.

        Args:
            data: What the model is run over.
            progress: Called with the numbers of batches done and in all.

        Raises:
            DataError: A picture cannot be decoded; it is named.
        """
        with naming_bad_pictures(data.examples):
            return self._logits(data, progress)

    def _logits(self, data: EvaluationData, progress) -> np.ndarray:
        # Repeated, so that workers need not ask each other for the end.
        batches = iter(
            distribute(self._strategy, data.dataset.repeat(), data.batch_size)
        )
        parts = []
        for _ in range(data.steps):
            images, _, _ = next(batches)
            found = self._step(images).numpy()
            # Of each example one row, the mean of its views.
            found = found.reshape(-1, data.views, found.shape[-1])
            parts.append(mean_of_probabilities(list(found.swapaxes(0, 1))))
            if progress:
                progress(len(parts), data.steps)
        # The filling of the last batch comes last.
        return np.concatenate(parts)[: len(data.examples)]

    def evaluate(self, data: EvaluationData, progress=None) -> dict:
        """Returns examples, loss, top1 and top5, every example counted once."""
        return classification_metrics(
            self.logits(data, progress), data.examples.labels
        )
