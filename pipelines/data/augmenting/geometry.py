"""Geometry: pixels of a picture taken from other places of it.

Nearest neighbour, as RandAugment and TrivialAugment are published; what comes
from outside of the picture is black. A gather of pixels whose places are
integers: TensorFlow's own projective transform takes four times as long.
"""

import tensorflow as tf


def warp(image, matrix):
    """Takes each pixel from where a matrix says.

    Pixel (x, y) comes from (a (x + ½) + b (y + ½) + c, d (x + ½) + e (y + ½)
    + f), as in Pillow's `Image.transform`.

    Args:
        image: uint8 of shape (height, width, 3).
        matrix: float32 `(6,)`: a, b, c, d, e and f.

    Returns:
        uint8 of shape (height, width, 3).
    """
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    a, b, c, d, e, f = tf.unstack(matrix)
    x = tf.cast(tf.range(width), tf.float32) + 0.5
    y = tf.cast(tf.range(height), tf.float32) + 0.5
    # One black pixel around the picture stands for all that is outside.
    column = _place(a * x + c, b * y, width)
    row = _place(d * x + f, e * y, height)
    padded = tf.pad(image, [(1, 1), (1, 1), (0, 0)])
    pixels = tf.reshape(padded, (-1, 3))
    warped = tf.gather(pixels, row * (width + 2) + column)
    warped.set_shape(image.shape)
    return warped


def _place(along, down, side):
    """Adds up what x and y give; 0 and side + 1 are outside."""
    place = tf.raw_ops.ClipByValue(
        t=along[tf.newaxis] + (down[:, tf.newaxis] + 1),
        clip_value_min=0.0,
        clip_value_max=tf.cast(side + 1, tf.float32),
    )
    return tf.cast(place, tf.int32)


def affine(image, *, shear_x, shear_y, translate_x, translate_y, degrees):
    """Shears about the corner, moves, and turns about the middle.

    Args:
        image: uint8 of shape (height, width, 3).
        shear_x: float32 scalar: pixels to the left for each pixel down.
        shear_y: float32 scalar: pixels up for each pixel to the right.
        translate_x: float32 scalar: pixels to the left.
        translate_y: float32 scalar: pixels up.
        degrees: float32 scalar: counter-clockwise.

    Returns:
        uint8 of shape (height, width, 3).
    """
    shape = tf.cast(tf.shape(image)[:2], tf.float32) / 2
    middle_y, middle_x = shape[0], shape[1]
    angle = degrees * (3.141592653589793 / 180)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    return warp(
        image,
        tf.stack(
            [
                cosine,
                shear_x - sine,
                translate_x + middle_x - cosine * middle_x + sine * middle_y,
                shear_y + sine,
                cosine,
                translate_y + middle_y - sine * middle_x - cosine * middle_y,
            ]
        ),
    )
