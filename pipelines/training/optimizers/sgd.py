"""SGD with weight decay in the gradient."""

import keras
from keras import ops

from pipelines.training.optimizers.decay import decays


@keras.saving.register_keras_serializable(package="pipelines")
class SGDWithL2(keras.optimizers.SGD):
    """Nesterov SGD with weight decay in the gradient, as the papers have it.

    Keras's own `weight_decay` is decoupled: it bypasses the momentum, and
    the value of a paper (such as 1e-4) then decays ten times too little at
    a momentum of 0.9.

    Args:
        learning_rate: A number, set anew by the schedule.
        l2: What the papers call weight decay.
        momentum: Of the velocity.

    Example:

    ```python
    import keras
    from pipelines.training.optimizers import SGDWithL2
    kernel = keras.Variable([[1.0]])
    SGDWithL2(0.1, l2=0.5, momentum=0.0).apply([kernel * 0], [kernel])
    assert abs(float(kernel[0, 0]) - 0.95) < 1e-6
    ```
    """

    def __init__(self, learning_rate=0.1, l2=0.0, momentum=0.9, **kwargs):
        kwargs.setdefault("nesterov", True)
        super().__init__(learning_rate, momentum=momentum, **kwargs)
        self.l2 = l2

    def update_step(self, gradient, variable, learning_rate):
        if self.l2 and decays(variable):
            gradient = gradient + self.l2 * ops.cast(variable, gradient.dtype)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self):
        return {**super().get_config(), "l2": self.l2}
