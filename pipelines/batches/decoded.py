"""A cache of decoded pictures, where the set is small enough for that.

Decoding is most of what a training picture costs, and what it gives does not
depend on chance: only the crop does, and what comes after it. A small set is
therefore decoded once, before its first batch. What is trained on is the same
to the bit, so that whether there was memory for it changes nothing else.
"""

import dataclasses
import functools
import weakref
from collections.abc import Callable
from concurrent import futures
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from pipelines.data import framing
from pipelines.data import images
from pipelines.data.encoded_picture import decode_fast
from pipelines.data.encoded_picture import halvings
from pipelines.data.examples import Examples
from pipelines.data.inspection.orientation import orientation_of
from pipelines.data.inspection.orientation import turned
from pipelines.data.inspection.pillow_opening import open_encoded
from pipelines.data.inspection.refusal import Refused
from pipelines.data.memory import room_in_memory
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


class Region(NamedTuple):
    """A part of a picture that is not copied out of it.

    Args:
        place: int64 `(4,)`: where its first byte is, the bytes from row to
            row, its height and its width in pixels.
        pixels: uint8 `(bytes,)`: in what; None for among the pixels that are
            held.
    """

    place: tf.Tensor
    pixels: tf.Tensor | None = None

    @classmethod
    def whole(cls, image) -> "Region":
        """All of a picture, uint8 `(height, width, 3)`."""
        height, width, channels = tf.unstack(tf.shape(image, out_type=tf.int64))
        stride = width * channels
        place = tf.stack([tf.zeros_like(height), stride, height, width])
        return cls(place, tf.reshape(image, [-1]))


@dataclasses.dataclass(frozen=True)
class DecodedPictures:
    """Pictures at the scales in which a JPEG is decoded for crops.

    Args:
        pixels: uint8, all pictures in all their scales, one after the other.
        starts: int64 `(examples, scales)`: where the whole picture, its half,
            its quarter and its eighth begin; -1 where no crop can need it.
        shapes: int32 `(examples, scales, 2)`: their heights and widths.
        scaled: bool `(examples,)`: whether there are smaller ones at all;
            only a JPEG has them.
    """

    pixels: np.ndarray
    starts: tf.Tensor
    shapes: tf.Tensor
    scaled: tf.Tensor

    @functools.cached_property
    def wholes(self) -> tf.Tensor:
        """The places of whole pictures, int64 `(examples, 4)`."""
        height, width = self.shapes.numpy()[:, 0].astype("int64").T
        start = self.starts.numpy()[:, 0]
        places = np.stack([start, width * _CHANNELS, height, width], axis=1)
        # Not a part of whichever graph asks first.
        with tf.init_scope():
            return tf.constant(places)

    @classmethod
    def of(cls, images: tf.Tensor) -> "DecodedPictures":
        """Pictures of one size, uint8 `(examples, height, width, 3)`."""
        count, *sides, channels = images.shape
        each = int(np.prod(sides)) * channels
        starts = np.arange(count, dtype="int64") * each
        # The same memory, not a copy of it.
        pixels = np.asarray(memoryview(images)).reshape(-1)
        return cls(
            pixels,
            tf.constant(starts[:, np.newaxis]),
            tf.constant(np.broadcast_to(np.int32(sides), (count, 1, 2))),
            tf.zeros(count, bool),
        )

    def at(self, index) -> "DecodedPicture":
        return DecodedPicture(self, index)


class DecodedPicture:
    """One of them, which is cut as `EncodedPicture` is."""

    def __init__(self, all_pictures: DecodedPictures, index):
        self._all = all_pictures
        self._index = index

    @functools.cached_property
    def _shapes(self):
        """Heights and widths in all scales."""
        return tf.gather(self._all.shapes, self._index)

    @property
    def shape(self):
        """Height, width and 3: int32 `(3,)`."""
        return tf.concat([self._shapes[0], [_CHANNELS]], 0)

    def cut(self, window, size: int) -> Region:
        """Returns what `EncodedPicture.cut` decodes, the same to the bit."""
        level = tf.where(
            tf.gather(self._all.scaled, self._index),
            halvings(window, size),
            0,
        )
        top, left, height, width = tf.unstack(
            tf.cast(tf.bitwise.right_shift(window, level), tf.int64)
        )
        stride = tf.cast(self._shapes[level, 1], tf.int64) * _CHANNELS
        start = tf.gather(self._all.starts, self._index)[level]
        start += top * stride + left * _CHANNELS
        return Region(tf.stack([start, stride, height, width]))

    def whole(self) -> Region:
        """All of the picture."""
        return Region(tf.gather(self._all.wholes, self._index))


def made_once(
    examples: Examples, make: Callable, size: int, key
) -> tf.Tensor | None:
    """Makes something of every picture, at first call; None if no room.

    Args:
        examples: The pictures.
        make: Given a scalar string, returns uint8 `(size, size, 3)`.
        size: In pixels.
        key: Stands for `make`: the same key, the same function.

    Returns:
        uint8 `(examples, size, size, 3)`.
    """
    count = len(examples)

    def build():
        room = room_in_memory(_MOST, _SHARE)
        if examples.held is None or count * size * size * 3 > room:
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
        return tf.constant(pixels)

    return _once(examples, (size, key), build)


def whole_pictures(examples: Examples, preprocessing, hold: bool) -> Callable:
    """Returns a function from an index to what evaluation sees.

    Args:
        examples: The pictures.
        preprocessing: The model's record.
        hold: Whether they are made once, where there is room.
    """
    see = functools.partial(
        framing.whole_picture,
        preprocessing=preprocessing,
        upright=examples.upright,
    )
    size = preprocessing.image_size
    made = made_once(examples, see, size, preprocessing) if hold else None
    if made is not None:
        return lambda index: tf.gather(made, index)
    # Read outside the graph, once for all pipelines, where it is kept.
    _ = examples.held
    return lambda index: see(examples.tensor(index))


def decoded_once(examples: Examples, size: int) -> DecodedPictures | None:
    """Decodes every picture, at first call; None if there is no room.

    Args:
        examples: The pictures.
        size: To which crops are resized, in pixels.
    """
    return _once(examples, size, lambda: _decoded(examples, size))


def _once(examples: Examples, key, build: Callable):
    made = _made.setdefault(examples, {})
    if key not in made:
        try:
            made[key] = build()
        except (tf.errors.OpError, OSError, Refused):
            # Whoever reads the picture next finds out its name.
            made[key] = None
    return made[key]


def _decoded(examples: Examples, size: int) -> DecodedPictures | None:
    room = room_in_memory(_MOST, _SHARE)
    if examples.held is None or _estimate(examples) > room:
        return None
    found, total = [], 0
    scales = functools.partial(_scales, size=size, upright=examples.upright)
    with futures.ThreadPoolExecutor(parallel_calls()) as pool:
        for start in range(0, len(examples), _CHUNK):
            stop = min(start + _CHUNK, len(examples))
            encoded = examples.read(list(range(start, stop)))
            found += pool.map(scales, encoded)
            total += sum(each.nbytes for one in found[start:] for each in one)
            if total > room:
                return None
    return _joined(found, total)


def _estimate(examples: Examples) -> float:
    """Guesses the bytes of all decoded pictures by some of their headers."""
    spread = np.linspace(0, len(examples) - 1, _SAMPLED).astype(int)
    sides = []
    for encoded in examples.read(spread.tolist()):
        with open_encoded(encoded) as header:
            sides.append(header.size)
    return float(np.prod(sides, axis=1).mean()) * _CHANNELS * len(examples)


def _scales(file: bytes, size: int, upright: bool) -> list[np.ndarray]:
    """Returns a picture in all scales that a crop can need."""
    encoded = tf.constant(file)
    if not tf.io.is_jpeg(encoded):
        return [images.decode_other(encoded, upright).numpy()]
    whole = decode_fast(encoded).numpy()
    levels = int(halvings(tf.constant([0, 0, *whole.shape[:2]]), size))
    smaller = (
        decode_fast(encoded, 2**level).numpy() for level in range(1, levels + 1)
    )
    lies = orientation_of(file) if upright else 1
    return [turned(image, lies) for image in (whole, *smaller)]


def _joined(found: list[list[np.ndarray]], total: int) -> DecodedPictures:
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
    return DecodedPictures(pixels, *map(tf.constant, (starts, shapes, scaled)))
