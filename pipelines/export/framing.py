"""Evaluation's view of a picture as a graph that every format can take.

`tf.image.resize` with antialias is an operation of its own, which no converter
follows. As two products with matrices of weights, which are computed in the
graph from the picture's sides, resizing is arithmetic that all runtimes have.
"""

import math

import tensorflow as tf

from zoo.preprocessing import Preprocessing


def framed(pictures, record: Preprocessing):
    """Resizes pictures and cuts the middle out, as evaluation does.

    Args:
        pictures: uint8 of shape (pictures, height, width, 3), RGB, 0…255, of
            any height and width, which need not be known.
        record: The model's record. Its geometry says how sides are rounded,
            and whether a picture is rounded to levels once or, as Pillow
            does, after the rows as well.

    Returns:
        float32 of shape (pictures, image size, image size, 3): whole levels
        in 0…255. Those of `pipelines.data.framing`, save where arithmetic in
        another order rounds to the level beside it; and where Pillow 13
        begins with the columns, which it does of pictures that lose more
        than twice as many rows as columns, and this never does.

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
    rules, size = record.rules, record.image_size
    tall, wide = _resized_sides(height, width, record)
    half = _HALVES[rules.offset]
    top, left = half(tall - size), half(wide - size)
    kernel = _KERNELS[record.interpolation]
    rows = _weights(height, tall, top, size, kernel)
    columns = _weights(width, wide, left, size, kernel)
    x = _product(columns, _swapped(tf.cast(pictures, tf.float32)))
    if rules.by_pillow:
        x = _levels(x)
    x = _levels(_product(rows, _swapped(x)))
    return tf.ensure_shape(x, (pictures.shape[0], size, size, 3))


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


def _weights(side, resized, start, size: int, kernel):
    """Returns what each pixel of one side is worth for each that is seen.

    Args:
        side: Scalar int32: how many pixels there are.
        resized: How many the whole picture is made to have.
        start: Which of these is the first that is seen.
        size: How many are seen.
        kernel: Of the distance to a pixel's centre, in pixels of whichever
            side has fewer: so that a smaller picture is antialiased.

    Returns:
        float32 of shape (size, side); each row sums to 1.
    """
    seen = 2 * (tf.range(size) + start) + 1
    given = 2 * tf.range(side) + 1
    # Whole numbers, of less than 2**31, so that far pixels are as exact.
    apart = given[tf.newaxis] * resized - seen[:, tf.newaxis] * side
    unit = tf.cast(2 * tf.maximum(side, resized), tf.float32)
    worth = kernel(tf.abs(tf.cast(apart, tf.float32) / unit))
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
