"""Operations on one picture: pure, stateless, the same eagerly and in a graph.

Pictures are uint8 of shape (height, width, 3), RGB. A `seed` is an integer
tensor of shape (2,): the same seed does the same thing.
"""

import tensorflow as tf

from pipelines.data import turning
from pipelines.data.pillow_pixels import decode_by_pillow

# What TensorFlow decodes beside JPEG.
_OTHERS = ("PNG", "WEBP")


def decode(encoded, upright: bool = True):
    """Decodes a whole picture exactly, as Pillow would.

    Args:
        encoded: Scalar string: JPEG, PNG, GIF (its first frame), BMP, WebP,
            TIFF (its first page), and HEIF or AVIF where they are read.
        upright: Whether it is turned as its EXIF asks for.

    Returns:
        uint8 of shape (height, width, 3).

    Raises:
        tf.errors.InvalidArgumentError: It cannot be decoded.
    """

    def from_jpeg():
        image = tf.io.decode_jpeg(
            encoded, channels=3, dct_method="INTEGER_ACCURATE"
        )
        return turning.upright(image, encoded, "JPEG") if upright else image

    return tf.cond(
        tf.io.is_jpeg(encoded),
        from_jpeg,
        lambda: decode_other(encoded, upright),
    )


def decode_other(encoded, upright: bool = True):
    """Decodes what is no JPEG; of what moves the first picture.

    TensorFlow decodes PNG and WebP. Pillow decodes the others, of which
    TensorFlow makes other pixels than everybody else, or none (a py_function);
    it turns TIFF and HEIF in any case.
    """
    start = tf.strings.substr(encoded, 0, 4)

    def by_tensorflow():
        image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
        return turning.upright(image, encoded, *_OTHERS) if upright else image

    image = tf.cond(
        (start == b"\x89PNG") | (start == b"RIFF"),
        by_tensorflow,
        lambda: decode_by_pillow(encoded, upright),
    )
    image.set_shape((None, None, 3))
    return image


def to_uint8(image):
    """Rounds float pixels to the nearest level in 0…255.

    One pass over the pixels, where rounding, clipping and casting are four.
    """
    levels = tf.raw_ops.QuantizeV2(
        input=image,
        min_range=0.0,
        max_range=255.0,
        T=tf.quint8,
        mode="MIN_COMBINED",
        round_mode="HALF_AWAY_FROM_ZERO",
    )
    return tf.bitcast(levels.output, tf.uint8)


def resize(image, height, width, interpolation="bilinear"):
    """Resizes with antialias, much as Pillow; untouched if nothing changes.

    Pillow rounds to bytes between rows and columns, and this at the end: up to
    two levels apart, and more where bicubic interpolation overshoots.

    Args:
        image: uint8 of shape (height, width, 3).
        height: New height, in pixels.
        width: New width, in pixels.
        interpolation: `"bilinear"` or `"bicubic"`.

    Returns:
        uint8 of shape (height, width, 3).
    """
    size = tf.stack([height, width])
    resized = tf.cond(
        tf.reduce_all(tf.shape(image)[:2] == size),
        lambda: image,
        lambda: to_uint8(
            tf.image.resize(image, size, interpolation, antialias=True)
        ),
    )
    resized.set_shape(
        (
            height if isinstance(height, int) else None,
            width if isinstance(width, int) else None,
            3,
        )
    )
    return resized


def middle_window(shape):
    """Returns the window of the largest square in the middle, int32 `(4,)`."""
    side = tf.minimum(shape[0], shape[1])
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    return tf.stack([top, left, side, side])


def random_resized_window(shape, seed, *, area, aspect_ratio):
    """Chooses the window of the Inception crop.

    Szegedy et al., "Going Deeper with Convolutions", 2014, section 6.

    Args:
        shape: int32 `(3,)`: the picture's shape.
        seed: int `(2,)`.
        area: Smallest and largest part of the picture's area, in (0, 1].
        aspect_ratio: Smallest and largest width / height.

    Returns:
        int32 `(4,)`: top, left, height and width, inside the picture; the
        whole picture where ten attempts find nothing.
    """
    whole = tf.constant([[[0.0, 0.0, 1.0, 1.0]]])
    begin, size, _ = tf.image.stateless_sample_distorted_bounding_box(
        shape,
        whole,
        seed,
        min_object_covered=0.0,
        aspect_ratio_range=aspect_ratio,
        area_range=area,
        max_attempts=10,
        use_image_if_no_bounding_boxes=True,
    )
    return tf.concat([begin[:2], size[:2]], axis=0)
