"""AdamW and LAMB: Adam's moments, and weight decay beside them."""

import keras
from keras import ops

from pipelines.training.optimizers.decay import decays


class _Adam(keras.optimizers.Adam):
    """Adam's step as the paper and PyTorch have it.

    Kingma and Ba, "Adam", 2014, algorithm 1: epsilon is added to the root of
    the second moment once that is corrected for its start. Keras adds it
    before (the paper's epsilon hat, section 2), which at the first step is
    1/sqrt(1 - beta_2) = 32 times as much.
    """

    def adam_step(self, gradient, variable):
        """Updates the moments and returns their quotient."""
        index = self._get_variable_index(variable)
        first, second = self._momentums[index], self._velocities[index]
        self.assign_add(first, (gradient - first) * (1 - self.beta_1))
        self.assign_add(
            second, (ops.square(gradient) - second) * (1 - self.beta_2)
        )
        done = ops.cast(self.iterations + 1, variable.dtype)
        first = first / (1 - ops.power(self.beta_1, done))
        second = second / (1 - ops.power(self.beta_2, done))
        return first / (ops.sqrt(second) + self.epsilon)


@keras.saving.register_keras_serializable(package="pipelines")
class AdamW(_Adam):
    """Adam with decoupled weight decay of kernels.

    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2017,
    algorithm 2, with the rate of the schedule on both parts, as in all
    libraries. Keras's own decays norms and biases too, and forgets the
    factors of `with_rates`.

    Args:
        learning_rate: A number, set anew by the schedule.
        decay: Part of a kernel that a step at a rate of 1 takes away.
        beta_1: Of the mean of the gradients.
        epsilon: Added to the root of the corrected second moment, PyTorch's.
        **kwargs: As of `keras.optimizers.Adam`.

    Example:

    ```python
    import keras
    from pipelines.training.optimizers import AdamW
    kernel = keras.Variable([[1.0]])
    AdamW(0.1, decay=0.5).apply([kernel * 0], [kernel])
    assert abs(float(kernel[0, 0]) - 0.95) < 1e-6
    ```
    """

    def __init__(
        self,
        learning_rate=1e-3,
        decay=0.0,
        beta_1=0.9,
        epsilon=1e-8,
        **kwargs,
    ):
        super().__init__(
            learning_rate, beta_1=beta_1, epsilon=epsilon, **kwargs
        )
        self.decay = decay

    def update_step(self, gradient, variable, learning_rate):
        if self.decay and decays(variable):
            kept = ops.cast(self.decay * learning_rate, variable.dtype)
            self.assign_sub(variable, variable * kept)
        step = self.adam_step(ops.cast(gradient, variable.dtype), variable)
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, rate * step)

    def get_config(self):
        return {**super().get_config(), "decay": self.decay}


@keras.saving.register_keras_serializable(package="pipelines")
class LAMB(_Adam):
    """Adam's step, brought to the length of the layer's weights.

    You et al., "Large Batch Optimization for Deep Learning", 2019, algorithm
    2, with the identity for its phi. What does not decay (norms, biases, and
    everything at a decay of 0) keeps the length of its step, as in NVIDIA's
    and timm's LAMB, with which "ResNet strikes back" was trained. Keras's own
    has no weight decay inside the ratio.

    Args:
        learning_rate: A number, set anew by the schedule.
        decay: Part of a kernel that is added to its step.
        beta_1: Of the mean of the gradients.
        epsilon: Added to the root of the corrected second moment.
        **kwargs: As of `keras.optimizers.Adam`.
    """

    def __init__(
        self,
        learning_rate=1e-3,
        decay=0.0,
        beta_1=0.9,
        epsilon=1e-6,
        **kwargs,
    ):
        super().__init__(
            learning_rate, beta_1=beta_1, epsilon=epsilon, **kwargs
        )
        self.decay = decay

    def update_step(self, gradient, variable, learning_rate):
        step = self.adam_step(ops.cast(gradient, variable.dtype), variable)
        if self.decay and decays(variable):
            weights = ops.convert_to_tensor(variable)
            step = step + self.decay * weights
            step = step * _quotient(_norm(weights), _norm(step))
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, rate * step)

    def get_config(self):
        return {**super().get_config(), "decay": self.decay}


def _norm(tensor):
    return ops.sqrt(ops.sum(ops.square(tensor)))


def _quotient(weights, step):
    """The ratio of two norms; 1 where one of them is 0."""
    both = ops.logical_and(weights > 0, step > 0)
    return ops.where(both, weights / ops.where(both, step, 1.0), 1.0)
