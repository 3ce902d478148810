"""Max-pooling over the border of a map."""

import keras
from keras import ops

from zoo import maps

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

    def __init__(
        self,
        pool_size: int | tuple[int, int],
        strides: int | tuple[int, int],
        border: int = 1,
        **kwargs: object,
    ):
        kwargs["data_format"] = maps.LAST
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


@_register
class InnerAveragePooling2D(keras.layers.AveragePooling2D):
    """Average-pooling whose border counts for nothing, on every backend.

    Keras pads "same" with one pixel more at the lower and right border where
    it has to; of such an uneven border its torch backend counts the padding.

    The arguments are those of `keras.layers.AveragePooling2D`; channels come
    last.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, new_height, new_width, channels)`.

    Example:

    ```python
    import numpy as np
    from zoo.layers import InnerAveragePooling2D
    y = InnerAveragePooling2D(3, 2, padding="same")(np.ones((1, 4, 4, 1)))
    assert np.asarray(y).min() == 1
    ```
    """

    def __init__(self, *args: object, **kwargs: object):
        kwargs["data_format"] = maps.LAST
        super().__init__(*args, **kwargs)

    def call(self, inputs):
        if self.padding != "same" or keras.backend.backend() != "torch":
            return super().call(inputs)
        ones = ops.ones((1, *inputs.shape[1:3], 1), inputs.dtype)
        return self._sums(inputs) / self._sums(ones)

    def _sums(self, x):
        """Means over whole windows, the padding being zeros."""
        sides = [
            _same_border(side, size, step)
            for side, size, step in zip(
                x.shape[1:3], self.pool_size, self.strides, strict=True
            )
        ]
        return ops.average_pool(
            ops.pad(x, [(0, 0), *sides, (0, 0)]),
            self.pool_size,
            self.strides,
            padding="valid",
            data_format=maps.LAST,
        )


def _same_border(side: int, size: int, step: int) -> tuple[int, int]:
    missing = max((-(-side // step) - 1) * step + size - side, 0)
    return missing // 2, missing - missing // 2
