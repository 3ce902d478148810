"""Pictures decoded once and held, where the set is small enough for that.

Decoding is most of what a training picture costs, and what it gives does not
depend on chance: only the crop does, and what comes after it. A small set is
therefore decoded once, before its first batch. What is trained on is the same
to the bit, so that whether there was memory for it changes nothing else.
"""

import dataclasses
import functools
import io
import weakref
from collections.abc import Callable
from concurrent import futures
from typing import NamedTuple

import numpy as np
import psutil
import tensorflow as tf
from PIL import Image

from pipelines.data import images
from pipelines.data.examples import Examples
from pipelines.data.tf_data import parallel_calls
from pipelines.data.tf_data import pipeline_options

# What may be held: this part of the memory that is free, and no more.
_SHARE = 1 / 8
_MOST = 4 * 2**30
_CHANNELS = 3
_CHUNK = 256
_SAMPLED = 64
# A half, a quarter and an eighth, beside the whole.
_LEVELS = 4
_made: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


class Part(NamedTuple):
    """A part of a picture that is not cut out yet.

    Args:
        view: int64 `(4,)`: the place of its first byte, the bytes from row
            to row, its height and its width in pixels.
        pixels: uint8 `(bytes,)`: where it lies; None for among the pixels
            that are held.
    """

    view: tf.Tensor
    pixels: tf.Tensor | None = None


@dataclasses.dataclass(frozen=True)
class Encoded:
    """A picture that is decoded when it is looked at.

    Args:
        data: Scalar string: a picture's bytes.
    """

    data: tf.Tensor

    def window(self, window_of: Callable, size: int) -> Part:
        """See `pipelines.data.images.decode_and_crop`."""
        return _all_of(images.decode_and_crop(self.data, window_of, size))

    def fixed(self, make: Callable) -> Part:
        """Returns what a function of its bytes makes of it."""
        return _all_of(make(self.data))

    def seen(self, make: Callable):
        """Returns the same as a picture, uint8 `(height, width, 3)`."""
        return make(self.data)


def _all_of(image) -> Part:
    height, width, channels = tf.unstack(tf.shape(image, out_type=tf.int64))
    view = tf.stack([tf.zeros_like(height), width * channels, height, width])
    return Part(view, tf.reshape(image, [-1]))


@dataclasses.dataclass(frozen=True)
class FixedPictures:
    """What a function has made of every picture.

    Args:
        images: uint8 `(examples, height, width, 3)`.
    """

    images: tf.Tensor

    @property
    def pixels(self) -> np.ndarray:
        # The same memory, not a copy of it.
        return np.asarray(memoryview(self.images)).reshape(-1)

    def at(self, index) -> "_Fixed":
        return _Fixed(self, index)


@dataclasses.dataclass(frozen=True)
class _Fixed:
    all: FixedPictures
    index: tf.Tensor

    def fixed(self, make) -> Part:
        _, height, width, channels = self.all.images.shape
        start = self.index * (height * width * channels)
        shape = tf.constant([width * channels, height, width], tf.int64)
        return Part(tf.concat([[start], shape], 0))

    def seen(self, make):
        return tf.gather(self.all.images, self.index)


@dataclasses.dataclass(frozen=True)
class Pyramids:
    """Whole pictures at the scales in which a JPEG is decoded for crops.

    Args:
        pixels: uint8, all pictures in all their scales, one after the other.
        starts: int64 `(examples, 4)`: where the whole picture, its half, its
            quarter and its eighth begin; -1 where no crop can need it.
        shapes: int32 `(examples, 4, 2)`: their heights and widths.
        scaled: bool `(examples,)`: whether there are smaller ones at all;
            only a JPEG has them.
    """

    pixels: np.ndarray
    starts: tf.Tensor
    shapes: tf.Tensor
    scaled: tf.Tensor

    def at(self, index) -> "_Pyramid":
        return _Pyramid(self, index)


@dataclasses.dataclass(frozen=True)
class _Pyramid:
    all: Pyramids
    index: tf.Tensor

    def window(self, window_of: Callable, size: int) -> Part:
        shapes = tf.gather(self.all.shapes, self.index)
        window = window_of(tf.concat([shapes[0], [_CHANNELS]], 0))
        level = tf.where(
            tf.gather(self.all.scaled, self.index),
            images.halvings(window, size),
            0,
        )
        window = tf.bitwise.right_shift(window, level)
        top, left, height, width = tf.unstack(tf.cast(window, tf.int64))
        stride = tf.cast(shapes[level, 1], tf.int64) * _CHANNELS
        start = tf.gather(self.all.starts, self.index)[level]
        start += top * stride + left * _CHANNELS
        return Part(tf.stack([start, stride, height, width]))


def fixed_pictures(
    examples: Examples, make: Callable, size: int, key
) -> FixedPictures | None:
    """Makes every picture once, at first call; None if there is no room.

    Args:
        examples: The pictures.
        make: Given a scalar string, returns uint8 `(size, size, 3)`.
        size: In pixels.
        key: Stands for `make`: the same key, the same function.
    """
    count = len(examples)

    def build():
        if examples.held is None or count * size * size * 3 > _room():
            return None
        dataset = (
            tf.data.Dataset.range(count)
            .map(
                lambda index: make(examples.tensor(index)),
                num_parallel_calls=parallel_calls(),
            )
            .batch(_CHUNK)
            .with_options(pipeline_options())
        )
        pixels = np.empty((count, size, size, _CHANNELS), "uint8")
        for number, batch in enumerate(dataset):
            pixels[number * _CHUNK : (number + 1) * _CHUNK] = batch.numpy()
        return FixedPictures(tf.constant(pixels))

    return _once(examples, (size, key), build)


def pyramids(examples: Examples, size: int) -> Pyramids | None:
    """Decodes every picture once, at first call; None if there is no room.

    Args:
        examples: The pictures.
        size: To which crops are resized, in pixels.
    """
    return _once(examples, size, lambda: _pyramids(examples, size))


def _once(examples: Examples, key, build: Callable):
    made = _made.setdefault(examples, {})
    if key not in made:
        try:
            made[key] = build()
        except (tf.errors.OpError, OSError):
            # Whoever reads the picture next finds out its name.
            made[key] = None
    return made[key]


def _room() -> float:
    return min(_MOST, _SHARE * psutil.virtual_memory().available)


def _pyramids(examples: Examples, size: int) -> Pyramids | None:
    room = _room()
    if examples.held is None or _estimate(examples) > room:
        return None
    found, total = [], 0
    with futures.ThreadPoolExecutor(parallel_calls()) as pool:
        for start in range(0, len(examples), _CHUNK):
            stop = min(start + _CHUNK, len(examples))
            encoded = examples.read(list(range(start, stop)))
            found += pool.map(functools.partial(_scales, size=size), encoded)
            total += sum(each.nbytes for one in found[start:] for each in one)
            if total > room:
                return None
    return _joined(found, total)


def _estimate(examples: Examples) -> float:
    """Guesses the bytes of all decoded pictures by some of their headers."""
    spread = np.linspace(0, len(examples) - 1, _SAMPLED).astype(int)
    sides = []
    for encoded in examples.read(spread.tolist()):
        with Image.open(io.BytesIO(encoded)) as header:
            sides.append(header.size)
    return float(np.prod(sides, axis=1).mean()) * _CHANNELS * len(examples)


def _scales(encoded: bytes, size: int) -> list[np.ndarray]:
    """Returns a picture in all scales that a crop can need."""
    encoded = tf.constant(encoded)
    if not tf.io.is_jpeg(encoded):
        return [images.decode_other(encoded).numpy()]
    whole = images.decode_fast(encoded).numpy()
    levels = int(images.halvings(tf.constant([0, 0, *whole.shape[:2]]), size))
    smaller = (
        images.decode_fast(encoded, 2**level).numpy()
        for level in range(1, levels + 1)
    )
    return [whole, *smaller]


def _joined(found: list[list[np.ndarray]], total: int) -> Pyramids:
    """Puts the pixels one after the other, and gives up what was found."""
    pixels = np.empty(total, "uint8")
    starts = np.full((len(found), _LEVELS), -1, "int64")
    shapes = np.zeros((len(found), _LEVELS, 2), "int32")
    scaled = np.zeros(len(found), bool)
    place = 0
    for index, scales in enumerate(found):
        scaled[index] = len(scales) > 1
        for level, image in enumerate(scales):
            pixels[place : place + image.size] = image.ravel()
            starts[index, level] = place
            shapes[index, level] = image.shape[:2]
            place += image.size
        found[index] = None
    return Pyramids(pixels, *map(tf.constant, (starts, shapes, scaled)))
