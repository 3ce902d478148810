"""Pillow as a decoder inside graphs, and the error that TensorFlow knows."""

import functools

import numpy as np
import tensorflow as tf

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


def _pixels(encoded, upright: bool) -> np.ndarray:
    try:
        return decode_whole(np.asarray(encoded, object).item(), upright)
    except Refused as refused:
        raise Undecodable(refused.detail) from None
