"""Erasing parts of a picture, so that no part alone decides.

Each is a record that is called with a picture, uint8 of shape (height, width,
3), and a seed, int `(2,)`, and returns a picture of the same kind.
"""

import dataclasses
import math

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class RandomErasing:
    """Replaces a rectangle by noise.

    Zhong et al., "Random Erasing Data Augmentation", 2017, section 3.

    Args:
        probability: The part of pictures changed, in 0…1.
        area: Smallest and largest part of the picture that is erased; a
            rectangle that would reach out of the picture is cut there.
        aspect_ratio: Smallest and largest height / width.
    """

    probability: float = 0.25
    area: tuple[float, float] = (0.02, 1 / 3)
    aspect_ratio: tuple[float, float] = (0.3, 1 / 0.3)

    def __call__(self, image, seed):
        drawn = tf.random.stateless_uniform((5,), seed)
        return tf.cond(
            drawn[0] < self.probability,
            lambda: self._erase(image, drawn, seed),
            lambda: image,
        )

    def _erase(self, image, drawn, seed):
        shape = tf.shape(image)
        sides = tf.cast(shape[:2], tf.float32)
        low, high = self.area
        part = tf.reduce_prod(sides) * (low + drawn[1] * (high - low))
        narrow, tall = map(math.log, self.aspect_ratio)
        ratio = tf.exp(narrow + drawn[2] * (tall - narrow))
        size = tf.round(tf.sqrt(tf.stack([part * ratio, part / ratio])))
        size = tf.clip_by_value(size, 1.0, sides)
        start = tf.floor(drawn[3:5] * (sides - size + 1))
        inside = [
            (at >= start[axis]) & (at < start[axis] + size[axis])
            for axis, at in enumerate(_coordinates(shape))
        ]
        noise = tf.random.stateless_uniform(shape, seed, 0, 256, dtype=tf.int32)
        erased = inside[0][:, tf.newaxis] & inside[1]
        return tf.where(
            erased[..., tf.newaxis], tf.cast(noise, tf.uint8), image
        )


@dataclasses.dataclass(frozen=True)
class GridMask:
    """Blackens squares on a grid, evenly spread over the picture.

    Chen et al., "GridMask Data Augmentation", 2020, section 3.2, without
    turning the grid.

    Args:
        probability: The part of pictures changed, in 0…1.
        unit: Smallest and largest distance of the squares, as a part of the
            picture's smaller side.
        keep: The part of that distance that stays between two squares.
    """

    probability: float = 0.5
    unit: tuple[float, float] = (0.43, 1.0)
    keep: float = 0.6

    def __call__(self, image, seed):
        drawn = tf.random.stateless_uniform((4,), seed)
        return tf.cond(
            drawn[0] < self.probability,
            lambda: self._mask(image, drawn),
            lambda: image,
        )

    def _mask(self, image, drawn):
        shape = tf.shape(image)
        smaller = tf.cast(tf.reduce_min(shape[:2]), tf.float32)
        low, high = self.unit
        unit = tf.round(smaller * (low + drawn[1] * (high - low)))
        unit = tf.maximum(unit, 1)
        black = tf.round(unit * (1 - self.keep))
        offset = tf.floor(drawn[2:] * unit)
        y, x = (
            tf.math.floormod(at + offset[axis], unit) < black
            for axis, at in enumerate(_coordinates(shape))
        )
        kept = ~(y[:, tf.newaxis] & x)
        return image * tf.cast(kept[..., tf.newaxis], tf.uint8)


def _coordinates(shape):
    return [tf.cast(tf.range(shape[axis]), tf.float32) for axis in (0, 1)]
