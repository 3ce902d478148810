"""A running mean of the weights (EMA), often better than the last ones.

The exponential moving average is what is judged and saved in their place.
Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging",
1992; with a decay as in Tan and Le, "EfficientNet", 2019, section 5.2.
"""

import contextlib

import keras
import tensorflow as tf

from zoo.weights.files import variable_names


class WeightAverage:
    """`average = decay * average + (1 - decay) * weight` after each step.

    Of all weights, BatchNorm's statistics among them: those of the present
    weights would not fit the mean of many. At the start, where the mean
    would remember the initial weights for long, the decay is
    `(1 + n) / (10 + n)` if that is less.

    Keras optimizers have `use_ema`, but average trainable weights only.

    Args:
        model: Made in the strategy's scope.
        decay: In (0, 1).
        strategy: Where it computes.

    Example:

    ```python
    import keras, numpy as np, tensorflow as tf
    from pipelines.training.averaging import WeightAverage
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.set_weights([np.zeros((1, 1)), np.zeros(1)])
    average = WeightAverage(model, 0.999, tf.distribute.get_strategy())
    model.set_weights([np.ones((1, 1)), np.zeros(1)])
    average.update()
    average.give()
    # The first time it keeps a tenth of what it was.
    assert abs(model.get_weights()[0].item() - 0.9) < 1e-6
    ```
    """

    def __init__(self, model, decay: float, strategy):
        self.decay = decay
        self._strategy = strategy
        self._weights = list(variable_names(model).values())
        with strategy.scope():
            self._means = [
                keras.Variable(
                    weight.numpy(), trainable=False, name=f"mean_{i}"
                )
                for i, weight in enumerate(self._weights)
            ]
            self._updates = keras.Variable(
                0, trainable=False, dtype="int32", name="updates"
            )

    @property
    def variables(self) -> list:
        """What a checkpoint has to hold."""
        return [*self._means, self._updates]

    def update(self) -> None:
        """Takes the present weights in; outside replicas, also in a graph."""
        done = tf.cast(self._updates.value, tf.float32)
        decay = tf.minimum(self.decay, (1 + done) / (10 + done))
        for mean, weight in zip(self._means, self._weights, strict=True):
            self._strategy.extended.update(
                mean.value,
                lambda held, new: held.assign(
                    decay * held + (1 - decay) * tf.cast(new, held.dtype)
                ),
                args=(weight.value,),
            )
        self._updates.value.assign_add(1)

    @contextlib.contextmanager
    def in_place(self):
        """Has the model compute with the mean for as long as it lasts."""
        present = [weight.numpy() for weight in self._weights]
        self.give()
        try:
            yield
        finally:
            for weight, value in zip(self._weights, present, strict=True):
                weight.assign(value)

    def give(self) -> None:
        """Gives the mean to the model for good."""
        for mean, weight in zip(self._means, self._weights, strict=True):
            weight.assign(mean.numpy())
