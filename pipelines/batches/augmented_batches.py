"""Batches of pictures to train on: some of them changed in one call.

A picture is too little to call Python for, and a batch too much to begin with:
the processors share a batch in groups of a few pictures.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from pipelines.batches.applying import apply
from pipelines.batches.augmentation import FLIP_STREAM
from pipelines.batches.augmentation import PATCH_STREAM
from pipelines.batches.augmentation import Augmentation
from pipelines.batches.cropping import region_of
from pipelines.batches.cropping import regions_of
from pipelines.batches.decoded import whole_pictures
from pipelines.batches.transforms.chance import Chance
from pipelines.data.examples import Examples
from pipelines.data.tf_data import call_python
from pipelines.data.tf_data import parallel_calls
from zoo.preprocessing import Preprocessing

_LARGEST_GROUP = 16


def augment(encoded, seed, augmentation: Augmentation, preprocessing):
    """Looks at one picture and changes it.

    Args:
        encoded: Scalar string: a picture's bytes.
        seed: int64 `(2,)`: a run's seed and the number of the sample; the
            same seed gives the same picture.
        augmentation: What is done.
        preprocessing: The model's record; its image size is the result's.

    Returns:
        uint8 of shape (image size, image size, 3).

    Example:

    ```python
    import numpy as np, tensorflow as tf
    from pipelines.batches.augmentation import AUGMENTATIONS
    from pipelines.batches.augmented_batches import augment
    from zoo.preprocessing import Preprocessing
    encoded = tf.io.encode_jpeg(np.zeros((40, 50, 3), "uint8"))
    record = Preprocessing(16, crop_fraction=1.0)
    picture = augment(encoded, [0, 7], AUGMENTATIONS["crop"], record)
    assert picture.shape == (16, 16, 3)
    ```
    """
    seed = tf.convert_to_tensor(seed, tf.int64)
    region = region_of(encoded, seed, augmentation, preprocessing)
    size = preprocessing.image_size
    samples = seed[tf.newaxis, 1]
    return _change([region], (seed[0], samples), augmentation, size)[0]


def augmented_batches(
    positions: tf.data.Dataset,
    locate: Callable,
    examples: Examples,
    augmentation: Augmentation,
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    hold: bool = True,
) -> tf.data.Dataset:
    """Turns integers into batches of changed pictures.

    Args:
        positions: Yields scalar int64.
        locate: Given one of them, returns the index of an example and what
            its changes depend on, two int64: the run's seed and the number of
            the sample.
        examples: What is shown.
        augmentation: What is done to each picture.
        preprocessing: The model's record, for the image size.
        batch_size: Pictures in a batch; what is left over is dropped.
        hold: Whether a small set is decoded once.

    Returns:
        Yields uint8 `(batch, size, size, 3)`, int32 `(batch,)` labels and
        int64 `(batch,)` positions.
    """
    labels = tf.constant(examples.labels)
    if not augmentation.changes:
        see = whole_pictures(examples, preprocessing, hold)

        def show(position):
            index, _ = locate(position)
            return see(index), tf.gather(labels, index), position

        return positions.map(show, num_parallel_calls=parallel_calls()).batch(
            batch_size, drop_remainder=True
        )
    regions = regions_of(examples, augmentation, preprocessing, hold=hold)

    def look(position):
        index, seed = locate(position)
        region = regions.choose(index, tf.stack(seed))
        return region, seed, tf.gather(labels, index)

    def change(found, seeds):
        size = preprocessing.image_size
        return _change(found, seeds, augmentation, size, regions.pixels)

    return _in_groups(positions, look, change, batch_size)


def _in_groups(positions, look, change, batch_size: int):
    """Batches of pictures looked at one by one and changed in groups."""
    # Traced once, not once for each picture of a group.
    look = tf.function(
        look, input_signature=[tf.TensorSpec((), tf.int64)], autograph=False
    )

    def load(group):
        looks = [look(position) for position in tf.unstack(group)]
        found, seeds, labels = zip(*looks, strict=True)
        (base, *_), samples = zip(*seeds, strict=True)
        images = change(found, (base, tf.stack(samples)))
        return images, tf.stack(labels), group

    def join(*groups):
        return tuple(
            tf.reshape(each, (batch_size, *each.shape[2:])) for each in groups
        )

    group = _group(batch_size)
    return (
        positions.batch(group, drop_remainder=True)
        .map(load, num_parallel_calls=parallel_calls())
        .batch(batch_size // group, drop_remainder=True)
        .map(join)
    )


def _group(batch_size: int) -> int:
    """Returns the largest number of pictures that divides a batch evenly."""
    return max(
        size for size in range(1, _LARGEST_GROUP + 1) if batch_size % size == 0
    )


def _change(regions, seeds, augmentation: Augmentation, size: int, held=None):
    """Makes the pictures of some samples, all in one call.

    Args:
        regions: What each sample shows.
        seeds: The run's seed, scalar int64, and the samples' numbers, int64
            `(samples,)`.
        augmentation: What is done.
        size: The new height and width, in pixels.
        held: What holds the pixels, where the regions do not.

    Returns:
        uint8 `(samples, size, size, 3)`.
    """
    pixels = [each.pixels for each in regions] if held is None else []
    places = tf.stack([each.place for each in regions])

    def change(seed, samples, places, *pixels):
        chance = Chance(int(seed), samples)
        if augmentation.patch > 1:
            places = _patches(places, chance, size)
        mirrored = np.zeros(len(chance), bool)
        if augmentation.flip:
            mirrored = chance.uniform(FLIP_STREAM, 1)[:, 0] < 0.5
        table = augmentation.draw(chance, size)
        where = pixels if held is None else [held]
        steps = augmentation.steps
        return apply(where, places, mirrored, table, size, steps)

    images = call_python(change, [*seeds, places, *pixels], tf.uint8)
    return tf.ensure_shape(images, (len(regions), size, size, 3))


def _patches(places, chance: Chance, size: int) -> np.ndarray:
    """Chooses `size` x `size` pixels out of each region.

    Krizhevsky et al. 2012, section 4.1: of 256 pixels 224, 32 places each
    way, with mirroring 2,048 views of one picture.
    """
    start, stride, height, width = places.T
    room = np.maximum(np.stack([height, width], axis=1) - size, 1)
    top, left = (chance.uniform(PATCH_STREAM, 2) * room).astype("int64").T
    start = start + top * stride + 3 * left
    sides = np.full_like(start, size)
    return np.stack([start, stride, sides, sides], axis=1)
