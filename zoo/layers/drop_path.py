"""Stochastic depth."""

import keras

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class DropPath(keras.layers.Dropout):
    """Stochastic depth: drops the whole branch of an example, or scales it.

    Huang et al., "Deep Networks with Stochastic Depth", 2016. Survivors are
    divided by the probability of surviving, so that inference needs nothing.

    Args:
        rate: Probability that a branch is dropped, in [0, 1).

    Input shape: `(batch, …)`.

    Output shape: the same.

    Example:

    ```python
    import numpy as np
    from zoo.layers import DropPath
    y = DropPath(0.5, seed=1)(np.ones((8, 3, 3, 2)), training=True)
    assert set(np.unique(y)) == {0.0, 2.0}
    assert np.ptp(np.asarray(y), axis=(1, 2, 3)).max() == 0
    ```
    """

    def __init__(self, rate: float, **kwargs: object):
        kwargs.pop("noise_shape", None)
        super().__init__(rate, **kwargs)

    def build(self, input_shape):
        self.noise_shape = (None,) + (1,) * (len(input_shape) - 1)
        super().build(input_shape)

    def get_config(self):
        config = super().get_config()
        del config["noise_shape"]
        return config
