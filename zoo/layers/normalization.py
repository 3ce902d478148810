"""AlexNet's normalization by neighbouring channels."""

import keras
from keras import ops

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class LocalResponseNormalization(keras.layers.Layer):
    """Divides each activity by the energy of its neighbouring channels.

    `b_i = a_i / (k + alpha * sum_j a_j^2)^beta`, the sum running over the
    `n = 2 * depth_radius + 1` channels around i that exist (Krizhevsky et
    al., "ImageNet Classification with Deep Convolutional Neural Networks",
    2012, section 3.3). alpha is *not* divided by n, as the paper has it and
    Caffe and PyTorch do not. Computed in float32 under every dtype policy.

    Args:
        depth_radius: n // 2, in channels.
        bias: The paper's k.
        alpha: The paper's alpha.
        beta: The paper's beta.

    Input shape: `(batch, height, width, channels)`.

    Output shape: the same.

    Example:

    ```python
    import numpy as np
    from zoo.layers import LocalResponseNormalization
    x = np.ones((1, 1, 1, 5), "float32")
    middle = LocalResponseNormalization()(x)[0, 0, 0, 2]
    assert abs(float(middle) - (2 + 5e-4) ** -0.75) < 1e-6
    ```
    """

    def __init__(
        self,
        depth_radius: int = 2,
        bias: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        self.depth_radius = depth_radius
        self.bias = bias
        self.alpha = alpha
        self.beta = beta

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        energy = self.bias + self.alpha * self._neighbours(ops.square(x))
        return ops.cast(x * ops.power(energy, -self.beta), inputs.dtype)

    def _neighbours(self, squares):
        radius, channels = self.depth_radius, squares.shape[-1]
        padding = [(0, 0)] * (len(squares.shape) - 1) + [(radius, radius)]
        padded = ops.pad(squares, padding)
        total = squares
        for start in range(2 * radius + 1):
            if start != radius:
                total = total + padded[..., start : start + channels]
        return total

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "depth_radius": self.depth_radius,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
        }
