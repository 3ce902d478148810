"""SGD whose rate suits each layer."""

import keras
from keras import ops

from pipelines.training.optimizers.decay import decays


@keras.saving.register_keras_serializable(package="pipelines")
class LARS(keras.optimizers.SGD):
    """SGD with momentum and a local rate for every kernel.

    You et al., "Large Batch Training of Convolutional Networks", 2017,
    algorithm 1: the local rate is trust · |w| / (|g| + l2 · |w|). What does
    not decay (norms, biases, and everything at an l2 of 0) takes plain steps,
    as in timm.

    Args:
        learning_rate: A number, set anew by the schedule.
        l2: Weight decay, in the gradient of kernels.
        momentum: Of the velocity.
        trust: The paper's eta.
        **kwargs: As of `keras.optimizers.SGD`.
    """

    def __init__(
        self, learning_rate=0.4, l2=0.0, momentum=0.9, trust=1e-3, **kwargs
    ):
        super().__init__(learning_rate, momentum=momentum, **kwargs)
        self.l2 = l2
        self.trust = trust

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        if self.l2 and decays(variable):
            weights = ops.convert_to_tensor(variable)
            local = self._local_rate(_norm(weights), _norm(gradient))
            gradient = local * (gradient + self.l2 * weights)
        super().update_step(gradient, variable, learning_rate)

    def _local_rate(self, weights, gradient):
        """1 where there is nothing to compare, as after a zero start."""
        both = ops.logical_and(weights > 0, gradient > 0)
        below = ops.where(both, gradient + self.l2 * weights, 1.0)
        return ops.where(both, self.trust * weights / below, 1.0)

    def get_config(self):
        return {**super().get_config(), "l2": self.l2, "trust": self.trust}


def _norm(tensor):
    return ops.sqrt(ops.sum(ops.square(tensor)))
