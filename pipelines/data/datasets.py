"""The two pipelines: one to train from, one to judge by.

An example is an integer. Training's order is a function of (seed, epoch) and
its augmentation a function of (seed, number of the sample since the start),
so that any step can be reached at once and a run can be repeated to the bit.
Batches are uint8: a quarter of the bytes, and the model does the scaling.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from pipelines.data.augmentation import Augmentation
from pipelines.data.augmentation import augment
from pipelines.data.augmentation import whole_picture
from pipelines.data.examples import Examples
from pipelines.data.order import sample_order
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Batches without an end, cut into epochs by counting.

    Args:
        examples: What is trained on.
        dataset: Yields uint8 `(batch, size, size, 3)` and int32 `(batch,)`.
        batch_size: Of a global batch, over all devices.
        steps_per_epoch: Whole batches in an epoch; what is left over of one
            epoch may come in the next.
    """

    examples: Examples
    dataset: tf.data.Dataset
    batch_size: int
    steps_per_epoch: int


@dataclasses.dataclass(frozen=True)
class EvaluationData:
    """Every example once, in order, the last batch filled up and masked.

    Args:
        examples: What is judged by.
        dataset: Yields uint8 `(batch, size, size, 3)`, int32 `(batch,)` and
            float32 `(batch,)`, which is 0 for the filling.
        batch_size: Of a global batch, over all devices.
    """

    examples: Examples
    dataset: tf.data.Dataset
    batch_size: int

    @property
    def steps(self) -> int:
        return -(-len(self.examples) // self.batch_size)


def whole_batches(examples: Examples, batch_size: int) -> int:
    """Returns how many whole batches an epoch has.

    Raises:
        RequestError: A batch is larger than the set.
    """
    count = len(examples)
    if batch_size > count:
        raise RequestError(
            f"--global_batch_size={batch_size} is more than the {count} "
            f"pictures to train on. Give at most {count}."
        )
    return count // batch_size


def training_data(
    examples: Examples,
    preprocessing: Preprocessing,
    *,
    augmentation: Augmentation,
    batch_size: int,
    seed: int = 0,
    first_step: int = 0,
    views: int | None = None,
    balance: float = 0.0,
) -> TrainingData:
    """Builds the pipeline that training reads.

    Args:
        examples: What is trained on.
        preprocessing: The model's record, for the image size.
        augmentation: What is done to each picture.
        batch_size: Of a global batch, over all devices.
        seed: Decides order and augmentation.
        first_step: The step that the first batch belongs to; any step is
            reached at once.
        views: How many ways of changing one picture there are, taken in turn
            epoch by epoch; None for a new one each time.
        balance: How far rare classes come more often than they are: 0 as
            they are, 0.5 by the square root of their sizes, 1 as often as
            frequent ones (`pipelines.data.order`).

    Raises:
        RequestError: A batch is larger than the set, or no such balance.
    """
    steps_per_epoch = whole_batches(examples, batch_size)
    fetch = _fetcher(examples)
    order = sample_order(
        examples.labels, batch_size=batch_size, seed=seed, balance=balance
    )
    base = tf.constant(seed, tf.int64)

    def load(position):
        epoch, index = order(position)
        encoded, label = fetch(index)
        sample = position if views is None else index * views + epoch % views
        key = tf.stack([base, sample])
        return augment(encoded, key, augmentation, preprocessing), label

    positions = tf.data.Dataset.range(
        first_step * batch_size, np.iinfo("int64").max
    )
    dataset = (
        positions.map(load, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(batch_size, drop_remainder=True)
        .prefetch(tf.data.AUTOTUNE)
        .with_options(_options())
    )
    return TrainingData(examples, dataset, batch_size, steps_per_epoch)


def evaluation_data(
    examples: Examples, preprocessing: Preprocessing, *, batch_size: int
) -> EvaluationData:
    """Builds the pipeline that evaluation reads.

    Args:
        examples: What is judged by.
        preprocessing: The model's record: size, crop and interpolation.
        batch_size: Of a global batch, over all devices.
    """
    fetch = _fetcher(examples)

    def load(index):
        encoded, label = fetch(index)
        return whole_picture(encoded, preprocessing), label, 1.0

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

    dataset = (
        tf.data.Dataset.range(len(examples))
        .map(load, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(batch_size)
        .map(fill)
        .prefetch(tf.data.AUTOTUNE)
        .with_options(_options())
    )
    return EvaluationData(examples, dataset, batch_size)


def _fetcher(examples: Examples):
    """Returns a function from an index to (encoded picture, label)."""
    labels = tf.constant(examples.labels)
    held = examples.held
    if held is not None:
        return lambda index: (tf.gather(held, index), tf.gather(labels, index))

    def read(index):
        return examples.encoded([int(index)])[0]

    def fetch(index):
        encoded = tf.numpy_function(read, [index], tf.string, stateful=False)
        return tf.ensure_shape(encoded, ()), tf.gather(labels, index)

    return fetch


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    return options
