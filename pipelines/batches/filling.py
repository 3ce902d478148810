"""Batches that hold every example once, all of one size, the rest masked."""

import functools

import tensorflow as tf

from pipelines.batches.order import global_position
from pipelines.data.tf_data import PREFETCHED
from pipelines.data.tf_data import parallel_calls
from pipelines.data.tf_data import pipeline_options


def filled_batches(count: int, load, batch_size: int) -> tf.data.Dataset:
    """Returns batches of `load(0)` … `load(count - 1)`, the last filled up.

    Args:
        count: How many examples there are.
        load: Given an index, returns a picture, its label and 1.0.
        batch_size: Of every batch; the filling is zeros.
    """

    def fill(images, labels, valid):
        missing = batch_size - tf.shape(labels)[0]
        return (
            tf.ensure_shape(
                tf.pad(images, [(0, missing), (0, 0), (0, 0), (0, 0)]),
                (batch_size, *images.shape[1:]),
            ),
            tf.ensure_shape(tf.pad(labels, [(0, missing)]), (batch_size,)),
            tf.ensure_shape(tf.pad(valid, [(0, missing)]), (batch_size,)),
        )

    return (
        tf.data.Dataset.range(count)
        .map(load, num_parallel_calls=parallel_calls())
        .batch(batch_size)
        .map(fill)
        .prefetch(PREFETCHED)
        .with_options(pipeline_options())
    )


def part_of_batches(count: int, load, batch_size: int, worker, workers):
    """Returns a worker's part of each batch; the last picture fills it up.

    All workers have as many batches, even where one holds filling only.

    Args:
        count: How many examples there are.
        load: As for `filled_batches`.
        batch_size: Of a global batch, a multiple of `workers`.
        worker: Whose part, in 0…workers-1.
        workers: How many share a batch.
    """
    part = batch_size // workers
    place = functools.partial(
        global_position, batch_size=batch_size, worker=worker, workers=workers
    )

    def load_or_fill(own):
        position = place(own)
        image, label, _ = load(tf.minimum(position, count - 1))
        return image, label, tf.cast(position < count, tf.float32)

    return (
        tf.data.Dataset.range(-(-count // batch_size) * part)
        .map(load_or_fill, num_parallel_calls=parallel_calls())
        .batch(part, drop_remainder=True)
        .prefetch(PREFETCHED)
        .with_options(pipeline_options())
    )
