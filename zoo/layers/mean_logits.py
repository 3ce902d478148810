"""The last layer of several networks: the mean of their probabilities."""

import math
from collections.abc import Iterable

import keras
from keras import ops

from zoo.head_scaling import LogitScaling
from zoo.layers.logits import NamedClasses

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class MeanLogits(NamedClasses, keras.layers.Layer):
    """Logits whose softmax is the mean of several softmax, in float32.

    They are the logarithms of the mean probabilities. A model that ends so is
    judged, exported and served as one that ends with `Logits`.

    Args:
        units: Number of classes.
        class_names: As of `Logits`.
        thresholds: As of `Logits`.
        scaling: As of `Logits`.

    Raises:
        ValueError: As of `Logits`.

    Input shape: two or more of `(batch, units)`.

    Output shape: `(batch, units)`, float32.

    Example:

    ```python
    import numpy as np
    from zoo.layers import MeanLogits
    sure, unsure = np.array([[9.0, 0.0]]), np.array([[0.0, 0.0]])
    mean = np.exp(MeanLogits(2)([sure, unsure]))
    assert abs(mean[0, 0] - (1 / (1 + np.exp(-9)) + 0.5) / 2) < 1e-6
    ```
    """

    def __init__(
        self,
        units: int,
        class_names: Iterable[str] | None = None,
        thresholds: Iterable[float] | None = None,
        scaling: LogitScaling | dict | None = None,
        **kwargs: object,
    ):
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)
        self.units = units
        self._say(class_names, thresholds, scaling, units)

    def call(self, inputs):
        each = ops.stack([ops.log_softmax(logits) for logits in inputs])
        mean = ops.logsumexp(each, axis=0) - math.log(len(inputs))
        return self._scaled(mean)

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "units": self.units, **self._said()}
