"""Which pixels of a picture evaluation sees, by the rules of its record.

The rules are facts of the weights, see `zoo.geometry`. Whatever looks at whole
pictures goes through here: evaluation, prediction, views at test time,
features, and training without chance.
"""

import math

import tensorflow as tf

from pipelines.data import images
from pipelines.data.pillow_pixels import resize_by_pillow
from zoo.preprocessing import Preprocessing


def whole_picture(encoded, preprocessing: Preprocessing, upright: bool = True):
    """What evaluation sees: resized by the shorter side, the middle cut out.

    Args:
        encoded: Scalar string: a picture's bytes.
        preprocessing: The model's record.
        upright: As for `pipelines.data.images.decode`.

    Returns:
        uint8 of shape (image size, image size, 3).
    """
    image = images.decode(encoded, upright)
    return middle(resized(image, preprocessing), preprocessing)


def resized(image, preprocessing: Preprocessing, scale: float = 1.0):
    """Resizes a picture as evaluation does before it crops.

    Args:
        image: uint8 of shape (height, width, 3).
        preprocessing: The model's record.
        scale: How much larger than evaluation does.

    Returns:
        uint8 of shape (new height, new width, 3), neither less than the crop.
    """
    height, width = resized_sides(tf.shape(image)[:2], preprocessing, scale)
    resize = _RESIZED[preprocessing.rules.by_pillow]
    return resize(image, height, width, preprocessing.interpolation)


def middle(image, preprocessing: Preprocessing):
    """Cuts the middle out of a picture that has been resized.

    Args:
        image: uint8 of shape (height, width, 3), neither less than the crop.
        preprocessing: The model's record.

    Returns:
        uint8 of shape (image size, image size, 3).
    """
    size = preprocessing.image_size
    top, left = crop_start(tf.shape(image)[:2], preprocessing)
    image = image[top : top + size, left : left + size]
    image.set_shape((size, size, 3))
    return image


def resized_sides(sides, preprocessing: Preprocessing, scale: float = 1.0):
    """Returns how large evaluation makes a picture before it crops.

    Args:
        sides: int32 `(2,)`: height and width.
        preprocessing: The model's record.
        scale: As for `resized`.

    Returns:
        Height and width, two scalars of int32.

    Example:

    ```python
    from pipelines.data.framing import resized_sides
    from zoo.preprocessing import Preprocessing
    record = Preprocessing(224, crop_fraction=0.95)
    assert [int(side) for side in resized_sides([375, 500], record)] == [
        236, 315]
    ```
    """
    rules = preprocessing.rules
    wanted = preprocessing.image_size / preprocessing.crop_fraction
    side = _ROUNDED[rules.side](scale * wanted)
    if not rules.keeps_shape:
        return tf.constant(side), tf.constant(side)
    return tf.unstack(_LONGER[rules.longer](tf.convert_to_tensor(sides), side))


def crop_start(sides, preprocessing: Preprocessing):
    """Returns where the crop of a picture begins that has been resized.

    Args:
        sides: int32 `(2,)`: height and width, neither less than the crop.
        preprocessing: The model's record.

    Returns:
        Top and left, two scalars of int32.
    """
    rest = tf.convert_to_tensor(sides) - preprocessing.image_size
    return tf.unstack(_HALVED[preprocessing.rules.offset](rest))


def _round_both(sides, side: int):
    """Rounds both sides to the nearest number of pixels, in float32."""
    shape = tf.cast(sides, tf.float32)
    scale = tf.cast(side, tf.float32) / tf.reduce_min(shape)
    return tf.cast(tf.round(shape * scale), tf.int32)


def _cut_off(sides, side: int):
    """Cuts off what the longer side has beyond a whole number of pixels."""
    sides = tf.cast(sides, tf.int64)
    # Whole numbers, so that no side is a pixel short of what it is.
    return tf.cast(side * sides // tf.reduce_min(sides), tf.int32)


def _to_even(rest):
    """Halves; of two numbers that are equally near the even one."""
    return tf.cast(tf.round(tf.cast(rest, tf.float32) / 2), tf.int32)


_RESIZED = {False: images.resize, True: resize_by_pillow}
_ROUNDED = {"round": round, "floor": math.floor}
_LONGER = {"round": _round_both, "floor": _cut_off}
_HALVED = {"floor": lambda rest: rest // 2, "even": _to_even}
