"""Operations on one picture: pure, stateless, the same eagerly and in a graph.

Pictures are uint8 of shape (height, width, 3), RGB. A `seed` is an integer
tensor of shape (2,): the same seed does the same thing.
"""

import functools

import tensorflow as tf

from pipelines.data.pillow_pixels import decode_by_pillow

# Smoothing colours over the neighbours would make pixels at the edges of a
# window depend on where its edges are.
_FAST = {"channels": 3, "fancy_upscaling": False}


def decode(encoded):
    """Decodes a whole picture exactly, as Pillow would.

    Args:
        encoded: Scalar string: JPEG, PNG, GIF (its first frame), BMP, WebP,
            TIFF (its first page).

    Returns:
        uint8 of shape (height, width, 3).

    Raises:
        tf.errors.InvalidArgumentError: It cannot be decoded.
    """
    return tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: tf.io.decode_jpeg(
            encoded, channels=3, dct_method="INTEGER_ACCURATE"
        ),
        lambda: decode_other(encoded),
    )


def decode_other(encoded):
    """Decodes what is no JPEG; of what moves the first picture.

    TensorFlow decodes PNG and WebP. Pillow decodes the others, of which
    TensorFlow makes other pixels than everybody else, or none (a py_function).
    """
    start = tf.strings.substr(encoded, 0, 4)
    image = tf.cond(
        (start == b"\x89PNG") | (start == b"RIFF"),
        lambda: tf.io.decode_image(
            encoded, channels=3, expand_animations=False
        ),
        lambda: decode_by_pillow(encoded),
    )
    image.set_shape((None, None, 3))
    return image


class EncodedPicture:
    """A picture that is decoded where it is cut, and not before.

    Args:
        encoded: Scalar string, as for `decode`.

    Example:

    ```python
    import tensorflow as tf
    from pipelines.data.images import EncodedPicture
    encoded = tf.io.encode_jpeg(tf.zeros((40, 50, 3), tf.uint8))
    picture = EncodedPicture(encoded)
    assert picture.shape.numpy().tolist() == [40, 50, 3]
    assert picture.cut([3, 5, 20, 31]).shape == (20, 31, 3)
    ```
    """

    def __init__(self, encoded):
        self._encoded = encoded
        self._is_jpeg = tf.io.is_jpeg(encoded)

    @property
    def shape(self):
        """Height, width and 3: int32 `(3,)`."""
        return self._opened[0]

    @functools.cached_property
    def _opened(self):
        """The shape; and what is no JPEG decoded, which says its shape."""

        def from_other():
            image = decode_other(self._encoded)
            return tf.shape(image), image

        return tf.cond(
            self._is_jpeg,
            lambda: (
                tf.io.extract_jpeg_shape(self._encoded),
                tf.zeros((0, 0, 3), tf.uint8),
            ),
            from_other,
        )

    def cut(self, window, size: int | None = None):
        """Decodes only the part of the picture that a window selects.

        Args:
            window: int32 `(4,)`: top, left, height and width in pixels.
            size: Where given, a window is made smaller as long as neither
                side falls below `size`: a JPEG is decoded at a half, a
                quarter or an eighth, which is faster, and an antialias.

        Returns:
            uint8 of shape (window height, window width, 3). JPEG is decoded
            with the fast integer transform, at most a few levels off.
        """

        window = tf.convert_to_tensor(window, tf.int32)
        ratios = (1,) if size is None else (1, 2, 4, 8)
        level = 0 if size is None else halvings(window, size)
        opened = self._opened[1]

        def from_other():
            top, left, height, width = tf.unstack(window)
            return opened[top : top + height, left : left + width]

        from_jpeg = [
            functools.partial(_decode_window, self._encoded, window, ratio)
            for ratio in ratios
        ]
        image = tf.switch_case(
            tf.where(self._is_jpeg, level, len(ratios)),
            [*from_jpeg, from_other],
        )
        image.set_shape((None, None, 3))
        return image


def _decode_window(encoded, window, ratio: int):
    return tf.io.decode_and_crop_jpeg(
        encoded, window // ratio, ratio=ratio, **_FAST
    )


def decode_fast(encoded, ratio: int = 1):
    """Decodes a whole JPEG as `EncodedPicture.cut` decodes windows of it.

    The pixels of a window are the same to the bit.

    Args:
        encoded: Scalar string: a JPEG.
        ratio: 1, 2, 4 or 8 for the whole size, a half, a quarter, an eighth.
    """
    return tf.io.decode_jpeg(encoded, ratio=ratio, **_FAST)


def halvings(window, size: int):
    """Returns how often a window can be halved and is at least `size` still.

    Args:
        window: int32 `(4,)`: top, left, height and width, in pixels.
        size: In pixels.

    Returns:
        int32 in 0…3: a JPEG is decoded at an eighth at the smallest.
    """
    smaller = tf.minimum(window[2], window[3])
    fitting = smaller >= [2 * size, 4 * size, 8 * size]
    return tf.reduce_sum(tf.cast(fitting, tf.int32))


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
    """Resizes with antialias, as Pillow does; untouched if nothing changes.

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


def resize_shorter_side(image, size, interpolation="bilinear"):
    """Resizes so that the shorter side is `size` pixels long."""
    shape = tf.cast(tf.shape(image)[:2], tf.float32)
    scale = tf.cast(size, tf.float32) / tf.reduce_min(shape)
    height, width = tf.unstack(tf.cast(tf.round(shape * scale), tf.int32))
    return resize(image, height, width, interpolation)


def central_crop(image, size: int):
    """Cuts the middle `size` x `size` pixels out."""
    top = (tf.shape(image)[0] - size) // 2
    left = (tf.shape(image)[1] - size) // 2
    image = image[top : top + size, left : left + size]
    image.set_shape((size, size, 3))
    return image


def whole_picture(encoded, preprocessing):
    """What evaluation sees: resized by the shorter side, the middle cut out.

    Args:
        encoded: Scalar string: a picture's bytes.
        preprocessing: The model's record.

    Returns:
        uint8 of shape (image size, image size, 3).
    """
    size = preprocessing.image_size
    image = resize_shorter_side(
        decode(encoded),
        round(size / preprocessing.crop_fraction),
        preprocessing.interpolation,
    )
    return central_crop(image, size)


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
