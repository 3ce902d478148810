"""Pillow inside graphs: decoding and resizing as it does, to the bit."""

import functools

import numpy as np
import tensorflow as tf
from PIL import Image

from pipelines.data.inspection.pillow_decoding import decode_whole
from pipelines.data.inspection.refusal import Refused
from pipelines.data.tf_data import call_python


class Undecodable(tf.errors.InvalidArgumentError, ValueError):
    """A picture cannot be decoded.

    Of a ValueError inside a graph TensorFlow makes the other one.
    """

    def __init__(self, detail: str):
        super().__init__(None, None, detail)


def decode_by_pillow(encoded, upright: bool = True):
    """Decodes a GIF, BMP, TIFF, HEIF or AVIF (a py_function).

    Args:
        encoded: Scalar string.
        upright: As for `pillow_decoding.decode_whole`.

    Returns:
        uint8 of shape (height, width, 3).

    Raises:
        tf.errors.InvalidArgumentError: It cannot be decoded.
    """
    pixels = functools.partial(_pixels, upright=upright)
    return call_python(pixels, [encoded], tf.uint8)


def resize_by_pillow(image, height, width, interpolation: str):
    """Resizes as Pillow does, to the bit, for it does it (a py_function).

    Args:
        image: uint8 of shape (height, width, 3).
        height: New height, in pixels.
        width: New width, in pixels.
        interpolation: `"bilinear"` or `"bicubic"`, with antialias.

    Returns:
        uint8 of shape (height, width, 3).

    Example:

    ```python
    import numpy as np
    from pipelines.data.pillow_pixels import resize_by_pillow
    image = np.zeros((4, 6, 3), "uint8")
    assert resize_by_pillow(image, 2, 3, "bicubic").shape == (2, 3, 3)
    ```
    """
    method = Image.Resampling[interpolation.upper()]

    def resize(image, height, width):
        size = int(width), int(height)
        return np.asarray(Image.fromarray(image).resize(size, method))

    resized = call_python(resize, [image, height, width], tf.uint8)
    resized.set_shape((None, None, 3))
    return resized


def _pixels(encoded, upright: bool) -> np.ndarray:
    try:
        return decode_whole(np.asarray(encoded, object).item(), upright)
    except Refused as refused:
        raise Undecodable(refused.detail) from None
