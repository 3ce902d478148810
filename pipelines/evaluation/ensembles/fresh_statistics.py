"""BatchNorm's statistics, measured anew on pictures that a model is shown.

The mean of several networks' statistics need not be those of the network that
has the mean of their weights (Izmailov et al., "Averaging Weights Leads to
Wider Optima and Better Generalization", 2018, section 3).
"""

import keras
import numpy as np
import tensorflow as tf

from pipelines.batches.evaluation_data import EvaluationData
from pipelines.waiting.work import work


class FreshStatistics:
    """Measures what flows through a network, with any weights of its own.

    Args:
        model: A flat functional model of the zoo.
        data: What it is shown; no label is looked at.

    Example:

    ```python
    import keras
    from pipelines.evaluation.ensembles.fresh_statistics import FreshStatistics
    assert FreshStatistics.of(keras.Sequential([keras.Input((2,))])) == []
    ```
    """

    def __init__(self, model, data: EvaluationData):
        self._data = data
        self._copy = keras.models.clone_model(model, clone_function=_bare)
        self._norms = self.of(self._copy)
        self._see = tf.function(
            lambda images: self._copy(images, training=True),
            reduce_retracing=True,
            autograph=False,
        )

    @staticmethod
    def of(model) -> list:
        """Returns the layers of a model that have such statistics."""
        kind = keras.layers.BatchNormalization
        return [layer for layer in model.layers if isinstance(layer, kind)]

    def measure(self, weights: list[np.ndarray]) -> list[np.ndarray]:
        """Returns the same weights with statistics that fit them.

        Each picture counts the same: the mean of the batches' means, and of
        their variances with what their means differ by.

        Args:
            weights: As `model.get_weights()` has them.
        """
        self._copy.set_weights(weights)
        seen, total = [], 0
        with work("measuring BatchNorm", "batch") as piece:
            batches = iter(self._data.dataset)
            for step in range(self._data.steps):
                images, _, valid = next(batches)
                # What fills the last batch is no picture.
                count = int(tf.reduce_sum(valid))
                self._see(images[:count])
                seen.append((count, self._read()))
                total += count
                piece.count(step + 1, self._data.steps)
        for place, layer in enumerate(self._norms):
            means = np.array([found[place][0] for _, found in seen])
            spread = np.array([found[place][1] for _, found in seen])
            share = np.array([[count / total] for count, _ in seen])
            mean = (share * means).sum(axis=0)
            layer.moving_mean.assign(mean)
            apart = (means - mean) ** 2
            layer.moving_variance.assign((share * (spread + apart)).sum(axis=0))
        return self._copy.get_weights()

    def _read(self) -> list[tuple]:
        return [
            (
                np.asarray(layer.moving_mean, "float64"),
                np.asarray(layer.moving_variance, "float64"),
            )
            for layer in self._norms
        ]


def _bare(layer):
    """A layer that keeps the last batch's statistics and drops nothing."""
    config = layer.get_config()
    if isinstance(layer, keras.layers.BatchNormalization):
        config["momentum"] = 0.0
    elif isinstance(layer, keras.layers.Dropout):
        config["rate"] = 0.0
    return layer.__class__.from_config(config)
