"""The operations that RandAugment, TrivialAugment and AugMix choose from.

Names, order and ranges are torchvision's, which are those of Cubuk et al.,
"RandAugment", 2019, and Müller and Hutter, "TrivialAugment", 2021.
"""

import dataclasses

import tensorflow as tf

from pipelines.data.augmenting import colour
from pipelines.data.augmenting import geometry

OPERATIONS = (
    "identity",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
    "rotate",
    "brightness",
    "saturation",
    "contrast",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
)
_GEOMETRY = OPERATIONS[1:6]
# Where each operation goes: all of geometry is one transform.
_BRANCHES = [0] + [1] * len(_GEOMETRY) + list(range(2, 10))


@dataclasses.dataclass(frozen=True)
class Ranges:
    """How strong each operation is at the highest level.

    Args:
        shear: Pixels a pixel.
        translate: A part of the picture's side, or pixels if more than 1.
        rotate: Degrees.
        enhance: Factors of colour reach 1 - enhance and 1 + enhance.
        posterize: Bits taken away.
    """

    shear: float
    translate: float
    rotate: float
    enhance: float
    posterize: int


def apply_operation(image, number, level, sign, ranges: Ranges):
    """Changes a picture by one operation.

    Args:
        image: uint8 of shape (height, width, 3).
        number: int32 scalar: which of `OPERATIONS`.
        level: float32 scalar in 0…1: how strongly.
        sign: float32 scalar, 1 or -1: which way, where there are two.
        ranges: What a level means.

    Returns:
        uint8 of the same shape.
    """
    factor = 1 + sign * ranges.enhance * level
    branches = [
        lambda: tf.identity(image),
        lambda: _move(image, number, sign * level, ranges),
        lambda: colour.brightness(image, factor),
        lambda: colour.saturation(image, factor),
        lambda: colour.contrast(image, factor),
        lambda: colour.sharpness(image, factor),
        lambda: colour.posterize(image, _bits(level, ranges)),
        lambda: colour.solarize(image, 255 * (1 - level)),
        lambda: colour.autocontrast(image),
        lambda: colour.equalize(image),
    ]
    changed = tf.switch_case(tf.gather(_BRANCHES, number), branches)
    changed.set_shape(image.shape)
    return changed


def _bits(level, ranges: Ranges):
    return 8 - tf.cast(tf.round(ranges.posterize * level), tf.int32)


def _move(image, number, level, ranges: Ranges):
    pixels = ranges.translate
    if pixels <= 1:
        pixels *= tf.cast(tf.shape(image)[1], tf.float32)
    strength = level * tf.one_hot(number - 1, len(_GEOMETRY))
    shear_x, shear_y, right, down, turn = tf.unstack(strength)
    return geometry.affine(
        image,
        shear_x=shear_x * ranges.shear,
        shear_y=shear_y * ranges.shear,
        translate_x=tf.round(right * pixels),
        translate_y=tf.round(down * pixels),
        degrees=turn * ranges.rotate,
    )
