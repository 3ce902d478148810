"""What of a picture a sample shows, before anything is changed."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from pipelines.batches.applying import apply
from pipelines.batches.augmentation import Augmentation
from pipelines.batches.decoded import DecodedPictures
from pipelines.batches.decoded import Region
from pipelines.batches.decoded import decoded_once
from pipelines.batches.decoded import made_once
from pipelines.batches.transforms.steps import nothing
from pipelines.data import framing
from pipelines.data import images
from pipelines.data.encoded_picture import EncodedPicture
from pipelines.data.examples import Examples
from pipelines.data.tf_data import call_python
from zoo.preprocessing import Preprocessing


@dataclasses.dataclass(frozen=True)
class Regions:
    """What samples show of the pictures of a set.

    Args:
        choose: Given an index and int64 `(2,)`, the run's seed and the number
            of the sample, returns a `Region`.
        pixels: uint8 `(bytes,)`, in which they lie; None where each has its
            own.
    """

    choose: Callable
    pixels: np.ndarray | None = None


def regions_of(
    examples: Examples,
    augmentation: Augmentation,
    preprocessing: Preprocessing,
    *,
    hold: bool,
) -> Regions:
    """Opens a set of pictures to take samples from.

    Args:
        examples: The pictures.
        augmentation: What will be done to them.
        preprocessing: The model's record.
        hold: Whether a small set is decoded once; the samples are the same.
    """
    choose = _Choice(augmentation, preprocessing, examples.upright)
    found = choose.decoded(examples) if hold else None
    if found is not None:
        return Regions(
            lambda index, seed: choose.from_decoded(found.at(index), seed),
            found.pixels,
        )
    # Read outside the graph, once for all pipelines, where it is kept.
    _ = examples.held
    return Regions(
        lambda index, seed: choose.from_encoded(examples.tensor(index), seed)
    )


def region_of(encoded, seed, augmentation, preprocessing) -> Region:
    """Chooses what a sample shows of one picture.

    Args:
        encoded: Scalar string: a picture's bytes.
        seed: int64 `(2,)`: the run's seed and the number of the sample.
        augmentation: What will be done to it.
        preprocessing: The model's record.
    """
    return _Choice(augmentation, preprocessing).from_encoded(encoded, seed)


def crop_window(shape, seed, augmentation: Augmentation):
    """Returns the window of a picture that a sample shows, int32 `(4,)`.

    Args:
        shape: int32 `(3,)`: the picture's shape.
        seed: As for `region_of`.
        augmentation: One with an `area`.
    """
    return images.random_resized_window(
        shape,
        seed,
        area=augmentation.area,
        aspect_ratio=augmentation.aspect_ratio,
    )


@dataclasses.dataclass(frozen=True)
class _Choice:
    """How regions are chosen: crops, or all of what chance has no part in."""

    augmentation: Augmentation
    preprocessing: Preprocessing
    upright: bool = True

    def from_encoded(self, encoded, seed) -> Region:
        if not self.augmentation.area:
            return Region.whole(self._prepare(encoded))
        picture = EncodedPicture(encoded, self.upright)
        window = crop_window(picture.shape, seed, self.augmentation)
        size = self.preprocessing.image_size
        return Region.whole(picture.cut(window, size))

    def from_decoded(self, picture, seed) -> Region:
        if not self.augmentation.area:
            return picture.whole()
        window = crop_window(picture.shape, seed, self.augmentation)
        return picture.cut(window, self.preprocessing.image_size)

    def decoded(self, examples: Examples) -> DecodedPictures | None:
        """All pictures, decoded; None where there is no room for them."""
        if self.augmentation.area:
            return decoded_once(examples, self.preprocessing.image_size)
        key = self.preprocessing
        if self.augmentation.patch > 1:
            key = self.augmentation.patch, key
        made = made_once(examples, self._prepare, self._side, key)
        return None if made is None else DecodedPictures.of(made)

    def _prepare(self, encoded):
        """What is done to a picture before chance is asked."""
        if self.augmentation.patch <= 1:
            return framing.whole_picture(
                encoded, self.preprocessing, self.upright
            )
        picture = EncodedPicture(encoded, self.upright)
        window = images.middle_window(picture.shape)
        return _resize(picture.cut(window, self._side), self._side)

    @property
    def _side(self) -> int:
        patch = max(1.0, self.augmentation.patch)
        return round(patch * self.preprocessing.image_size)


def _resize(image, size: int):
    """Resizes to a square as samples are resized, fast."""

    def resize_one(image):
        height, width, channels = image.shape
        places = np.array([[0, width * channels, height, width]])
        straight = np.zeros(1, bool)
        pixels, table = [image.ravel()], nothing(1)
        return apply(pixels, places, straight, table, size, steps=())[0]

    resized = call_python(resize_one, [image], tf.uint8)
    return tf.ensure_shape(resized, (size, size, 3))
