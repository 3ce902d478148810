"""The middle of a picture at another size, inside of a network."""

import keras
import numpy as np
from keras import ops

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class MiddleWindow(keras.layers.Layer):
    """Cuts the middle out of a picture and resizes it, by two matrices.

    Resizing with a triangle filter and antialias is linear in the rows and in
    the columns: two products of matrices say the same, and every format that
    a network is exported to has those.

    Args:
        image_size: Height and width of what comes out, in pixels.
        part: Which part of the input's height and width the window has, in
            (0, 1].

    Input shape: `(batch, height, width, channels)`, height and width fixed.

    Output shape: `(batch, image_size, image_size, channels)`, float32.

    Example:

    ```python
    import numpy as np
    from zoo.layers import MiddleWindow
    pixels = np.arange(64.0).reshape(1, 8, 8, 1)
    middle = MiddleWindow(4, part=0.5)(pixels)
    assert np.allclose(middle, pixels[:, 2:6, 2:6])
    ```
    """

    def __init__(self, image_size: int, part: float = 1.0, **kwargs: object):
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)
        self.image_size = image_size
        self.part = part

    def call(self, inputs):
        height, width = inputs.shape[1:3]
        rows = window_matrix(height, self.image_size, self.part)
        columns = window_matrix(width, self.image_size, self.part)
        pixels = ops.transpose(ops.cast(inputs, "float32"), (0, 3, 1, 2))
        found = ops.matmul(ops.matmul(rows, pixels), columns.T)
        return ops.transpose(found, (0, 2, 3, 1))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *[self.image_size] * 2, input_shape[-1])

    def get_config(self):
        own = {"image_size": self.image_size, "part": self.part}
        return {**super().get_config(), **own}


def window_matrix(side: int, size: int, part: float) -> np.ndarray:
    """Returns what resizes the middle of a row: float32 `(size, side)`.

    The triangle filter of `tf.image.resize` with `antialias=True`: as wide as
    a pixel of the result where that is the larger, and cut off at the window.

    Args:
        side: Pixels of the row.
        size: Pixels of the result.
        part: How much of the row the window has; whole pixels are taken.

    Example:

    ```python
    from zoo.layers.windows import window_matrix
    assert window_matrix(4, 2, 1.0).sum(axis=1).tolist() == [1, 1]
    ```
    """
    inside = max(1, round(part * side))
    start = (side - inside) // 2
    scale = inside / size
    centres = (np.arange(size) + 0.5) * scale
    places = np.arange(inside) + 0.5
    width = max(scale, 1.0)
    distances = np.abs(places - centres[:, np.newaxis]) / width
    weights = np.maximum(0, 1 - distances)
    weights /= weights.sum(axis=1, keepdims=True)
    matrix = np.zeros((size, side), "float32")
    matrix[:, start : start + inside] = weights
    return matrix
