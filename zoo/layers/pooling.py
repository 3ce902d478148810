"""Max-pooling over the border of a map."""

import keras
from keras import ops

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class PaddedMaxPooling2D(keras.layers.MaxPooling2D):
    """Max-pooling that pads symmetrically, with nothing that could win.

    `keras.layers.ZeroPadding2D` before a pooling would let a zero beat the
    negative border of a map that went through no ReLU. Here the map is
    mirrored at its border: a window that reaches over it also holds the
    pixels that are mirrored, which win only where they would have won. A
    very small constant would do the same in floats, but would ruin the scale
    of a model quantised to 8 bits.

    Args:
        pool_size: Side of the window, in pixels.
        strides: Step of the window, in pixels.
        border: Pixels added on each side; less than half of `pool_size`.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, new_height, new_width, channels)`.

    Example:

    ```python
    import numpy as np
    from zoo.layers import PaddedMaxPooling2D
    y = PaddedMaxPooling2D(3, 2, border=1)(-np.ones((1, 4, 4, 1), "float32"))
    assert y.shape == (1, 2, 2, 1) and float(np.max(np.asarray(y))) == -1
    ```
    """

    def __init__(self, pool_size, strides, border=1, **kwargs):
        super().__init__(pool_size, strides, padding="valid", **kwargs)
        if not 0 <= 2 * border < min(self.pool_size):
            raise ValueError(
                "border is at least 0 and less than half of pool_size, so "
                "that every window holds what is mirrored. Received: "
                f"border={border}, pool_size={self.pool_size}"
            )
        self.border = border

    def call(self, inputs):
        sides = (self.border, self.border)
        x = ops.pad(inputs, [(0, 0), sides, sides, (0, 0)], mode="reflect")
        return super().call(x)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        padded = [
            None if side is None else side + 2 * self.border
            for side in (height, width)
        ]
        return super().compute_output_shape((batch, *padded, channels))

    def get_config(self):
        config = super().get_config()
        del config["padding"]
        return {**config, "border": self.border}
