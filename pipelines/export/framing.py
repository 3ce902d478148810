"""Evaluation's view of a picture as a graph that every format can take.

`tf.image.resize` with antialias is an operation of its own, which no converter
follows. As two products with matrices of weights, which are computed in the
graph from the picture's sides, resizing is arithmetic that all runtimes have.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from zoo.preprocessing import Preprocessing


def framed(pictures, record: Preprocessing):
    """Resizes pictures and cuts the middle out, as evaluation does.

    Args:
        pictures: uint8 of shape (pictures, height, width, 3), RGB, 0…255, of
            any height and width, which need not be known.
        record: The model's record. Its geometry says how sides are rounded,
            and whether a picture is rounded to levels once or, as Pillow
            does, after the first of its sides as well.

    Returns:
        float32 of shape (pictures, image size, image size, 3): whole levels
        in 0…255. Those of `pipelines.data.framing`, save where arithmetic in
        another order rounds to the level beside it.

    Example:

    ```python
    import numpy as np
    from pipelines.export.framing import framed
    from zoo.preprocessing import Preprocessing
    grey = np.full((1, 50, 70, 3), 9, "uint8")
    record = Preprocessing(32, interpolation="bicubic")
    assert np.all(framed(grey, record) == np.full((1, 32, 32, 3), 9))
    ```
    """
    sides = tf.shape(pictures)[1:3]
    height, width = sides[0], sides[1]
    tall, wide = _resized_sides(height, width, record)
    half, size = _HALVES[record.rules.offset], record.image_size
    seen = _Seen(size, _KERNELS[record.interpolation])
    down = _Side(height, tall, half(tall - size))
    across = _Side(width, wide, half(wide - size))
    resize = _as_pillow if record.rules.by_pillow else _rounded_once
    x = _levels(resize(tf.cast(pictures, tf.float32), down, across, seen))
    return tf.ensure_shape(x, (pictures.shape[0], size, size, 3))


class _Side(NamedTuple):
    """One side of a picture: scalars of int32.

    Args:
        given: How many pixels there are.
        resized: How many the whole picture is made to have.
        start: Which of these is the first that is seen.
    """

    given: object
    resized: object
    start: object


class _Seen(NamedTuple):
    """What is seen of either side.

    Args:
        size: How many pixels.
        kernel: Of the distance to a pixel's centre, in pixels of whichever
            side has fewer: so that a smaller picture is antialiased.
    """

    size: int
    kernel: object


def _rounded_once(x, down: _Side, across: _Side, seen: _Seen):
    x = _product(_weights(across, seen), _swapped(x))
    return _product(_weights(down, seen), _swapped(x))


def _as_pillow(x, down: _Side, across: _Side, seen: _Seen):
    """Rounds between the sides, of which Pillow 13 begins with either one.

    With the height, where a picture loses more than twice as many rows as
    columns (`ImagingResample`). No converter likes conditions: both orders
    are computed, the one that is not wanted of a single pixel.
    """
    lost = down.given - down.resized
    height_first = tf.logical_and(
        lost > 0, lost > 2 * (across.given - across.resized)
    )
    one = tf.ones_like(down.given)
    orders = []
    for wanted, first in (
        (height_first, _height_first),
        (tf.logical_not(height_first), _width_first),
    ):
        height = tf.where(wanted, down.given, one)
        width = tf.where(wanted, across.given, one)
        sides = down._replace(given=height), across._replace(given=width)
        orders.append(first(x[:, :height, :width], *sides, seen))
    return tf.where(height_first, *orders)


def _width_first(x, down: _Side, across: _Side, seen: _Seen):
    x = _levels(_product(_weights(across, seen), _swapped(x)))
    return _product(_weights(down, seen), _swapped(x))


def _height_first(x, down: _Side, across: _Side, seen: _Seen):
    return _swapped(_width_first(_swapped(x), across, down, seen))


def _resized_sides(height, width, record: Preprocessing):
    rules = record.rules
    wanted = record.image_size / record.crop_fraction
    side = _SIDES[rules.side](wanted)
    if not rules.keeps_shape:
        return tf.constant(side), tf.constant(side)
    shorter = tf.minimum(height, width)
    return tuple(
        _LONGER[rules.longer](each, side, shorter) for each in (height, width)
    )


def _rounded(length, side: int, shorter):
    """Rounds to the nearest number of pixels, in float32."""
    scale = tf.cast(side, tf.float32) / tf.cast(shorter, tf.float32)
    return tf.cast(tf.round(tf.cast(length, tf.float32) * scale), tf.int32)


def _to_even(rest):
    """Halves; of two numbers that are equally near the even one."""
    return tf.cast(tf.round(tf.cast(rest, tf.float32) / 2), tf.int32)


def _weights(side: _Side, seen: _Seen):
    """Returns what each pixel of one side is worth for each that is seen.

    Returns:
        float32 of shape (size, given); each row sums to 1.
    """
    shown = 2 * (tf.range(seen.size) + side.start) + 1
    given = 2 * tf.range(side.given) + 1
    # Whole numbers, of less than 2**31, so that far pixels are as exact.
    apart = given[tf.newaxis] * side.resized - shown[:, tf.newaxis] * side.given
    unit = tf.cast(2 * tf.maximum(side.given, side.resized), tf.float32)
    worth = seen.kernel(tf.abs(tf.cast(apart, tf.float32) / unit))
    return worth / tf.reduce_sum(worth, axis=1, keepdims=True)


def _triangle(distance):
    return tf.nn.relu(1.0 - distance)


def _cubic(distance):
    """Keys, "Cubic convolution interpolation …", 1981, with a = -1/2."""
    near = (1.5 * distance - 2.5) * distance * distance + 1.0
    far = ((2.5 - 0.5 * distance) * distance - 4.0) * distance + 2.0
    return tf.where(
        distance < 1.0, near, tf.where(distance < 2.0, far, 0.0 * far)
    )


def _product(weights, x):
    """Resizes the first side of pictures of shape (n, side, other, 3)."""
    shape = tf.shape(x)
    flat = tf.reshape(x, (shape[0], shape[1], shape[2] * 3))
    found = tf.matmul(weights[tf.newaxis], flat)
    size = weights.shape[0]
    return tf.reshape(found, (shape[0], size, shape[2], 3))


def _swapped(x):
    return tf.transpose(x, (0, 2, 1, 3))


def _levels(x):
    return tf.floor(tf.clip_by_value(x, 0.0, 255.0) + 0.5)


_KERNELS = {"bilinear": _triangle, "bicubic": _cubic}
_SIDES = {"round": round, "floor": math.floor}
_LONGER = {
    "round": _rounded,
    # Whole numbers, so that no side is a pixel short of what it is.
    "floor": lambda length, side, shorter: side * length // shorter,
}
_HALVES = {"floor": lambda rest: rest // 2, "even": _to_even}
