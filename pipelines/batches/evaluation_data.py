"""What evaluation reads: every example once, in order, none twice.

Batches are uint8 and all of one size, so that one graph serves them; what
fills the last one is masked.
"""

import dataclasses
import functools

import tensorflow as tf

from pipelines.batches.decoded import whole_pictures
from pipelines.batches.order import global_position
from pipelines.data.examples import Examples
from pipelines.data.tf_data import PREFETCHED
from pipelines.data.tf_data import parallel_calls
from pipelines.data.tf_data import pipeline_options
from zoo.preprocessing import Preprocessing

_LARGEST_BATCH = 256


@dataclasses.dataclass(frozen=True)
class EvaluationData:
    """Every example once, in order, the last batch filled up and masked.

    Args:
        examples: What is judged by.
        dataset: Yields uint8 `(batch, size, size, 3)`, int32 `(batch,)` and
            float32 `(batch,)`, which is 0 for the filling.
        batch_size: Of a global batch, over all devices.
        views: How many pictures, one after another, show one example; a batch
            holds all views of `batch_size // views` examples.
    """

    examples: Examples
    dataset: tf.data.Dataset
    batch_size: int
    views: int = 1

    @property
    def steps(self) -> int:
        return -(-len(self.examples) * self.views // self.batch_size)


def evaluation_batch(examples: int, replicas: int = 1) -> int:
    """Returns a batch of which as many fill up that the last is nearly full.

    Args:
        examples: How many there are; of none, a batch has one for each device.
        replicas: Devices that share a batch, which is a multiple of them.

    Example:

    ```python
    from pipelines.batches.evaluation_data import evaluation_batch
    assert (evaluation_batch(300), evaluation_batch(9, 4)) == (150, 12)
    ```
    """
    examples = max(examples, 1)
    batch = -(-examples // -(-examples // _LARGEST_BATCH))
    return -(-batch // replicas) * replicas


def evaluation_data(
    examples: Examples,
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    worker: int = 0,
    workers: int = 1,
    hold: bool = False,
) -> EvaluationData:
    """Builds the pipeline that evaluation reads.

    Args:
        examples: What is judged by.
        preprocessing: The model's record: size, crop and interpolation.
        batch_size: Of a global batch, over all devices.
        worker: Whose part of each batch is read, in 0…workers-1.
        workers: How many share a batch, of which it is a multiple.
        hold: Whether a small set is decoded once, for it is read again.
    """
    see = whole_pictures(examples, preprocessing, hold)
    labels = tf.constant(examples.labels)

    def load(index):
        return see(index), tf.gather(labels, index), 1.0

    count = len(examples)
    if workers == 1:
        dataset = filled_batches(count, load, batch_size)
    else:
        dataset = _part_of_batches(count, load, batch_size, worker, workers)
    return EvaluationData(examples, dataset, batch_size)


def filled_batches(count: int, load, batch_size: int) -> tf.data.Dataset:
    """Returns batches of `load(0)` … `load(count - 1)`, the last filled up.

    Args:
        count: How many examples there are.
        load: Given an index, returns a picture, its label and 1.0; a label
            may be an array, or several.
        batch_size: Of every batch; the filling is zeros.
    """

    def fill(*batch):
        return tf.nest.map_structure(_filler(batch_size), batch)

    return (
        tf.data.Dataset.range(count)
        .map(load, num_parallel_calls=parallel_calls())
        .batch(batch_size)
        .map(fill)
        .prefetch(PREFETCHED)
        .with_options(pipeline_options())
    )


def _filler(batch_size: int):
    """Returns a function that makes a part of a batch as long as all others."""

    def fill(part):
        missing = batch_size - tf.shape(part)[0]
        inner = len(part.shape) - 1
        return tf.ensure_shape(
            tf.pad(part, [(0, missing), *[(0, 0)] * inner]),
            (batch_size, *part.shape[1:]),
        )

    return fill


def _part_of_batches(count: int, load, batch_size: int, worker, workers):
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
