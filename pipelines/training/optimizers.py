"""Optimizers: weight decay that spares norms, rates of their own for stages."""

import keras
from keras import ops


def decays(variable) -> bool:
    """Whether weight decay is for this variable: kernels, and only them.

    Biases and the scales and offsets of norms have one axis.
    """
    return len(variable.shape) > 1


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


def with_rates(optimizer, variables, factors):
    """Builds an optimizer in which variables have rates of their own.

    The *update* is scaled, not the gradient, which Adam and its kind would
    take back by dividing by it.

    Args:
        optimizer: A Keras optimizer that is not built yet, changed in place;
            its update is proportional to the rate, as in all of Keras's.
        variables: What it is built for.
        factors: What each variable's rate is multiplied by.

    Returns:
        The same optimizer.

    Example:

    ```python
    import keras
    from pipelines.training.optimizers import with_rates
    slow, fast = keras.Variable([0.0]), keras.Variable([0.0])
    adam = with_rates(keras.optimizers.Adam(0.1), [slow, fast], [0.5, 1])
    adam.apply([keras.ops.ones(1), keras.ops.ones(1)])
    assert abs(float(slow[0]) / float(fast[0]) - 0.5) < 1e-6
    ```
    """
    variables, factors = list(variables), tuple(factors)
    optimizer.build(variables)
    update_step = optimizer.update_step

    def scaled(gradient, variable, learning_rate):
        # As Keras's own optimizers find the slots of a variable.
        factor = factors[optimizer._get_variable_index(variable)]
        update_step(gradient, variable, learning_rate * factor)

    optimizer.update_step = scaled
    return optimizer
