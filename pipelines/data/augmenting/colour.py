"""Colour: each level of a picture changed by what the whole picture says.

Pictures are uint8 of shape (height, width, 3). What Pillow's ImageEnhance and
ImageOps do, to one level, cutting fractions off as they do. All of it is
written as few passes over contiguous numbers: a product with a 3 x 3 matrix
and a sum with one number are fast, broadcasting over three channels is not.
"""

import tensorflow as tf

from pipelines.data.images import to_uint8

# ITU-R 601-2, as in Pillow.
_GREY = (0.299, 0.587, 0.114)
# Krizhevsky et al. 2012, section 4.1: the principal components of ImageNet's
# pixels in 0…1, as fb.resnet.torch publishes them.
_EIGENVALUES = (0.2175, 0.0188, 0.0045)
_EIGENVECTORS = (
    (-0.5675, 0.7192, 0.4009),
    (-0.5808, -0.0045, -0.8140),
    (-0.5836, -0.6948, 0.4203),
)


def brightness(image, factor):
    """Multiplies all levels; 0 is black, 1 changes nothing.

    Args:
        image: uint8 of shape (height, width, 3).
        factor: float32 scalar, not negative.
    """
    x = tf.cast(image, tf.float32)
    return tf.cast(tf.minimum(x * factor, 255.0), tf.uint8)


def contrast(image, factor):
    """Moves all levels away from the mean grey; 0 is grey all over.

    Args:
        image: uint8 of shape (height, width, 3).
        factor: float32 scalar, not negative.
    """
    x = tf.cast(image, tf.float32)
    mean = tf.floor(_mean_grey(x) + 0.5)
    return _cut(x * factor + (1 - factor) * mean)


def saturation(image, factor):
    """Moves colours away from their grey; 0 is a picture without colour.

    Args:
        image: uint8 of shape (height, width, 3).
        factor: float32 scalar, not negative.
    """
    x = tf.cast(image, tf.float32)
    return _cut(_mix(x, _saturating(factor)))


def sharpness(image, factor):
    """Moves levels away from their neighbours' mean; below 1 it blurs.

    The kernel is Pillow's SMOOTH, (1 1 1; 1 5 1; 1 1 1) / 13; the outermost
    pixels are left alone.

    Args:
        image: uint8 of shape (height, width, 3).
        factor: float32 scalar, not negative.
    """
    x = tf.cast(image, tf.float32)
    mean = tf.nn.avg_pool2d(x[tf.newaxis], 3, 1, "VALID")[0]
    inner = x[1:-1, 1:-1]
    change = (1 - factor) * 9 / 13 * (mean - inner)
    return _cut(x + tf.pad(change, [(1, 1), (1, 1), (0, 0)]))


def posterize(image, bits):
    """Keeps only the first bits of every level.

    Args:
        image: uint8 of shape (height, width, 3).
        bits: int32 scalar, in 0…8.
    """
    mask = tf.cast(256 - tf.bitwise.left_shift(1, 8 - bits), tf.uint8)
    return tf.bitwise.bitwise_and(image, mask)


def solarize(image, threshold):
    """Inverts the levels from a threshold on.

    Args:
        image: uint8 of shape (height, width, 3).
        threshold: float32 scalar, in 0…256; at 256 nothing changes.
    """
    first = tf.cast(tf.math.ceil(threshold), tf.int32)
    bright = image >= tf.cast(tf.minimum(first, 255), tf.uint8)
    all_bits = tf.cast(tf.where(first > 255, 0, 255), tf.uint8)
    inverted = tf.cast(bright, tf.uint8) * all_bits
    return tf.bitwise.bitwise_xor(image, inverted)


def autocontrast(image):
    """Spreads each channel's levels over 0…255."""
    x = tf.cast(_rows(image), tf.float32)
    low = _channels(tf.reduce_min(x, axis=0), tf.reduce_min)
    high = _channels(tf.reduce_max(x, axis=0), tf.reduce_max)
    spread = tf.reduce_all((low == 0) & (high == 255))
    return tf.cond(spread, lambda: image, lambda: _stretch(image, x, low, high))


def _channels(row, reduce):
    return reduce(tf.reshape(row, (-1, 3)), axis=0)


def _stretch(image, x, low, high):
    flat = high <= low
    scale = tf.where(flat, 1.0, 255 / tf.where(flat, 1.0, high - low))
    offset = tf.where(flat, 0.0, -low * scale)
    width = tf.shape(image)[1]
    # A thousandth, because 255 may come out as 254.9999.
    stretched = x * tf.tile(scale, [width]) + tf.tile(offset + 1e-3, [width])
    return tf.reshape(_cut(stretched), tf.shape(image))


def _rows(image):
    """The same numbers, a row of the picture each: what to add to rows fast."""
    return tf.reshape(image, (tf.shape(image)[0], -1))


def equalize(image):
    """Makes each channel's levels as frequent as one another, as Pillow."""
    # The levels of the three channels are 0…255, 256…511 and 512…767.
    places = tf.cast(_rows(image), tf.int32)
    places += tf.tile(tf.constant([0, 256, 512]), [tf.shape(image)[1]])
    counts = tf.reshape(_histogram(places), (3, 256))
    levels = tf.range(256)
    last = tf.reduce_max(tf.where(counts > 0, levels, 0), axis=1)
    most = tf.gather(counts, last, batch_dims=1)
    step = (tf.reduce_sum(counts, axis=1) - most)[:, tf.newaxis] // 255
    before = tf.cumsum(counts, axis=1, exclusive=True)
    safe = tf.maximum(step, 1)
    table = tf.minimum((step // 2 + before) // safe, 255)
    table = tf.where(step > 0, table, levels)
    table = tf.reshape(tf.cast(table, tf.uint8), [-1])
    return tf.reshape(tf.gather(table, places), tf.shape(image))


def _histogram(places):
    # Half the time of tf.math.bincount, which looks for the highest first.
    return tf.raw_ops.DenseBincount(
        input=tf.reshape(places, [-1]),
        size=768,
        weights=tf.zeros((0,), tf.int32),
    )


def jitter(image, seed, strength: float):
    """Changes brightness, contrast and saturation, each by its own factor.

    Args:
        image: uint8 of shape (height, width, 3).
        seed: int `(2,)`.
        strength: Factors are drawn from 1 - strength … 1 + strength.

    Returns:
        uint8 of shape (height, width, 3).
    """
    light, away, colourful = tf.unstack(
        tf.random.stateless_uniform((3,), seed, 1 - strength, 1 + strength)
    )
    x = tf.cast(image, tf.float32)
    offset = (1 - away) * light * _mean_grey(x)
    return to_uint8(_mix(x, light * away * _saturating(colourful)) + offset)


def lighting(image, seed, strength: float):
    """Adds a random colour along the principal components of ImageNet.

    Krizhevsky et al. 2012, section 4.1, with 0.1 as strength.

    Args:
        image: uint8 of shape (height, width, 3).
        seed: int `(2,)`.
        strength: Standard deviation of the three random factors.

    Returns:
        uint8 of shape (height, width, 3).
    """
    factors = tf.random.stateless_normal((3,), seed, stddev=strength)
    factors *= tf.constant(_EIGENVALUES)
    offset = 255 * tf.linalg.matvec(tf.constant(_EIGENVECTORS), factors)
    return to_uint8(tf.cast(image, tf.float32) + offset)


def _cut(x):
    # One pass; tf.clip_by_value makes two slow ones.
    clipped = tf.raw_ops.ClipByValue(
        t=x, clip_value_min=0.0, clip_value_max=255.0
    )
    return tf.cast(clipped, tf.uint8)


def _mean_grey(x):
    # By columns first: reducing both axes at once is three times as slow.
    mean = tf.reduce_mean(tf.reduce_mean(x, axis=0), axis=0)
    return tf.reduce_sum(mean * _GREY)


def _mix(x, matrix):
    """Multiplies every pixel with a matrix, whose columns are the results."""
    pixels = tf.reshape(x, (-1, 3))
    return tf.reshape(tf.matmul(pixels, matrix), tf.shape(x))


def _saturating(factor):
    grey = tf.constant([[weight] * 3 for weight in _GREY])
    return factor * tf.eye(3) + (1 - factor) * grey
