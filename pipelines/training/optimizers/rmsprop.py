"""RMSprop as EfficientNet used it."""

import keras
from keras import ops

from pipelines.training.optimizers.decay import decays


@keras.saving.register_keras_serializable(package="pipelines")
class RMSpropTF(keras.optimizers.Optimizer):
    """RMSprop of TensorFlow 1, which EfficientNet was trained with.

    Tan and Le, "EfficientNet", 2019, section 5.2. It differs from Keras's in
    two places that matter at an epsilon of 1e-3: epsilon is under the root,
    and the mean of squares starts at 1, so that the first steps are small
    rather than large. The rate is inside the momentum, as in Keras's.

    Args:
        learning_rate: A number, set anew by the schedule.
        l2: Weight decay in the gradient, on kernels. The paper's code also
            has it on the biases that are not BatchNorm's.
        momentum: Of the steps.
        rho: Of the mean of squares.
        epsilon: Added to the mean of squares.
        **kwargs: As of `keras.optimizers.Optimizer`.

    Example:

    ```python
    import keras
    from pipelines.training.optimizers import RMSpropTF
    weight = keras.Variable([0.0])
    RMSpropTF(0.1, epsilon=0.0).apply([keras.ops.ones(1)], [weight])
    assert abs(float(weight[0]) + 0.1) < 1e-6
    ```
    """

    def __init__(
        self,
        learning_rate=0.016,
        l2=0.0,
        momentum=0.9,
        rho=0.9,
        epsilon=1e-3,
        **kwargs,
    ):
        super().__init__(learning_rate, **kwargs)
        self.l2 = l2
        self.momentum = momentum
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._squares, self._steps = self.add_optimizer_variables(
            variables, ["square", "step"], ["ones", "zeros"]
        )

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        squares, steps = self._squares[index], self._steps[index]
        gradient = ops.cast(gradient, variable.dtype)
        if self.l2 and decays(variable):
            gradient = gradient + self.l2 * ops.convert_to_tensor(variable)
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign_add(
            squares, (ops.square(gradient) - squares) * (1 - self.rho)
        )
        scaled = gradient / ops.sqrt(squares + self.epsilon)
        self.assign(steps, self.momentum * steps + rate * scaled)
        self.assign_sub(variable, steps)

    def get_config(self):
        names = ("l2", "momentum", "rho", "epsilon")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}
