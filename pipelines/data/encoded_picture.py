"""A picture of which only a part is decoded, at a fraction of its size.

A JPEG's windows are decoded by the fast integer transform, and one that lies on
its side is turned afterwards: a small window instead of a whole picture.
"""

import functools

import tensorflow as tf

from pipelines.data import images
from pipelines.data import turning

# Smoothing colours over the neighbours would make pixels at the edges of a
# window depend on where its edges are.
_FAST = {"channels": 3, "fancy_upscaling": False}


class EncodedPicture:
    """A picture that is decoded where it is cut, and not before.

    Args:
        encoded: Scalar string, as for `decode`.
        upright: As for `decode`; shape and windows are those of the picture
            as it is then seen.

    Example:

    ```python
    import tensorflow as tf
    from pipelines.data.encoded_picture import EncodedPicture
    encoded = tf.io.encode_jpeg(tf.zeros((40, 50, 3), tf.uint8))
    picture = EncodedPicture(encoded)
    assert picture.shape.numpy().tolist() == [40, 50, 3]
    assert picture.cut([3, 5, 20, 31]).shape == (20, 31, 3)
    ```
    """

    def __init__(self, encoded, upright: bool = True):
        self._encoded = encoded
        self._upright = upright
        self._is_jpeg = tf.io.is_jpeg(encoded)

    @property
    def shape(self):
        """Height, width and 3: int32 `(3,)`."""
        return self._opened[0]

    @functools.cached_property
    def _opened(self):
        """The shape; what is no JPEG decoded, which says its shape; how a
        JPEG lies."""

        def from_jpeg():
            shape = tf.io.extract_jpeg_shape(self._encoded)
            nothing = tf.zeros((0, 0, 3), tf.uint8)
            if not self._upright:
                return shape, nothing, 1
            lies = turning.orientation(self._encoded, "JPEG")
            return turning.turned_shape(shape, lies), nothing, lies

        def from_other():
            image = images.decode_other(self._encoded, self._upright)
            return tf.shape(image), image, 1

        return tf.cond(self._is_jpeg, from_jpeg, from_other)

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
        shape, opened, lies = self._opened

        def from_other():
            top, left, height, width = tf.unstack(window)
            return opened[top : top + height, left : left + width]

        def from_lying():
            return _decode_lying(self._encoded, shape, window, level, lies)

        from_jpeg = [
            functools.partial(_decode_window, self._encoded, window, ratio)
            for ratio in ratios
        ]
        branches = [*from_jpeg, from_other]
        branch = tf.where(self._is_jpeg, level, len(ratios))
        if self._upright:
            branches.append(from_lying)
            branch = tf.where(lies > 1, len(ratios) + 1, branch)
        image = tf.switch_case(branch, branches)
        image.set_shape((None, None, 3))
        return image


def _decode_window(encoded, window, ratio: int):
    return tf.io.decode_and_crop_jpeg(
        encoded, window // ratio, ratio=ratio, **_FAST
    )


def _decode_lying(encoded, shape, window, level, lies):
    """Decodes a window of a JPEG that does not lie upright, and turns it.

    Args:
        encoded: Scalar string: a JPEG.
        shape: The picture's, upright.
        window: Likewise.
        level: How often it is halved.
        lies: Its orientation.
    """
    level = tf.convert_to_tensor(level)
    half = tf.bitwise.left_shift(1, level)
    stored = turning.stored_window(window // half, -(-shape // half), lies)
    image = tf.switch_case(
        level,
        [
            functools.partial(
                tf.io.decode_and_crop_jpeg,
                encoded,
                stored,
                ratio=ratio,
                **_FAST,
            )
            for ratio in (1, 2, 4, 8)
        ],
    )
    return turning.turned(image, lies)


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
