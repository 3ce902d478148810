"""Batches of pictures to train on: some looked at and changed in one call.

A picture is too little to call Python for, and a batch too much to begin with:
the processors share a batch in groups of a few pictures.
"""

import functools
from collections.abc import Callable

import tensorflow as tf

from pipelines.batches.augmentation import Augmentation
from pipelines.batches.augmentation import choose_part
from pipelines.batches.augmentation import held
from pipelines.batches.augmenting.samples import paint_samples
from pipelines.batches.decoded import Encoded
from pipelines.data.examples import Examples
from pipelines.data.images import whole_picture
from pipelines.data.tf_data import parallel_calls
from zoo.preprocessing import Preprocessing

_LARGEST_GROUP = 16


def augmented_batches(
    positions: tf.data.Dataset,
    locate: Callable,
    examples: Examples,
    policy: Augmentation,
    preprocessing: Preprocessing,
    *,
    seed: int,
    batch_size: int,
    hold: bool = True,
) -> tf.data.Dataset:
    """Turns integers into batches of changed pictures.

    Args:
        positions: Yields scalar int64.
        locate: Given one of them, returns two int64: the index of an example
            and the number of the sample, on which its changes depend.
        examples: What is shown.
        policy: What is done to each picture.
        preprocessing: The model's record, for the image size.
        seed: Decides the changes.
        batch_size: Pictures in a batch; what is left over is dropped.
        hold: Whether a small set is decoded once.

    Returns:
        Yields uint8 `(batch, size, size, 3)`, int32 `(batch,)` labels and
        int64 `(batch,)` positions.
    """
    decoded = held(examples, policy, preprocessing) if hold else None
    fetch = pictures_of(examples, decoded)
    if not policy.changes:
        see = functools.partial(whole_picture, preprocessing=preprocessing)
        return _shown(positions, locate, fetch, see, batch_size)
    base = tf.constant(seed, tf.int64)

    def look(position):
        index, sample = locate(position)
        picture, label = fetch(index)
        key = tf.stack([base, sample])
        return choose_part(picture, key, policy, preprocessing), sample, label

    def change(parts, samples):
        size = preprocessing.image_size
        return paint_samples(parts, base, samples, policy, size, decoded)

    return _changed(positions, look, change, batch_size)


def _shown(positions, locate, fetch, see, batch_size: int):
    """Batches of pictures as evaluation sees them."""

    def show(position):
        picture, label = fetch(locate(position)[0])
        return picture.seen(see), label, position

    return positions.map(show, num_parallel_calls=parallel_calls()).batch(
        batch_size, drop_remainder=True
    )


def _changed(positions, look, change, batch_size: int):
    """Batches of pictures looked at one by one and changed in groups."""
    # Traced once, not once for each picture of a group.
    look = tf.function(
        look, input_signature=[tf.TensorSpec((), tf.int64)], autograph=False
    )

    def load(group):
        looks = [look(position) for position in tf.unstack(group)]
        parts, samples, labels = zip(*looks, strict=True)
        return change(parts, tf.stack(samples)), tf.stack(labels), group

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


def pictures_of(examples: Examples, decoded=None) -> Callable:
    """Returns a function from an index to a picture and its label.

    Args:
        examples: The pictures.
        decoded: What `pipelines.batches.augmentation.held` returned, or None.
    """
    labels = tf.constant(examples.labels)
    if decoded is not None:
        return lambda index: (decoded.at(index), tf.gather(labels, index))
    # Read outside the graph, once for all pipelines, where it is kept.
    _ = examples.held
    return lambda index: (
        Encoded(examples.tensor(index)),
        tf.gather(labels, index),
    )


def _group(batch_size: int) -> int:
    """Returns the largest number of pictures that divides a batch evenly."""
    return max(
        size for size in range(1, _LARGEST_GROUP + 1) if batch_size % size == 0
    )
