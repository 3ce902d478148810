"""Training from features: what cannot change is not computed again.

While the lower stages of a network are frozen, what they make of a picture
is a constant. It is computed once for a fixed number of views (ways of
changing a picture), and the stages above learn from that: exactly as they
would from the same views of the pictures.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from pipelines.batches.evaluation_data import EvaluationData
from pipelines.batches.order import sample_order
from pipelines.batches.training_data import TrainingData
from pipelines.data.examples import Examples
from pipelines.data.tf_data import call_python
from pipelines.data.tf_data import pipeline_options


@dataclasses.dataclass(frozen=True, eq=False)
class Features:
    """What the frozen part of a network makes of some pictures.

    Args:
        examples: The pictures.
        values: `(examples * views, …)`: view `v` of example `i` is row
            `i * views + v`.
        views: Ways in which each picture has been changed.
    """

    examples: Examples
    values: np.ndarray
    views: int = 1


def training_features(
    features: Features,
    *,
    batch_size: int,
    seed: int = 0,
    first_step: int = 0,
    balance: float = 0.0,
) -> TrainingData:
    """Returns the batches of `training_data(views=…)`, features for pictures.

    Args:
        features: Of the pictures to train on.
        batch_size: Of a global batch, over all devices.
        seed: As for `training_data`.
        first_step: As for `training_data`.
        balance: As for `training_data`.
    """
    examples, views = features.examples, features.views
    locate = sample_order(
        examples.strata, batch_size=batch_size, seed=seed, balance=balance
    )
    labels = tf.constant(examples.labels)

    def row(position):
        epoch, index = locate(position)
        return index * views + epoch % views

    def batch(rows):
        return _gather(features.values, rows), tf.gather(labels, rows // views)

    positions = tf.data.Dataset.range(
        first_step * batch_size, np.iinfo("int64").max
    )
    dataset = (
        positions.map(row)
        .batch(batch_size, drop_remainder=True)
        .map(batch)
        .prefetch(2)
        .with_options(pipeline_options())
    )
    return TrainingData(
        examples,
        dataset,
        batch_size,
        len(examples) // batch_size,
        lambda position: locate(position)[1],
    )


def evaluation_features(
    features: Features, *, batch_size: int
) -> EvaluationData:
    """Returns the batches of `evaluation_data`, features for pictures.

    Args:
        features: Of the pictures to judge by, one view of each.
        batch_size: Of a global batch, over all devices.
    """
    count = len(features.examples)
    labels = tf.constant(features.examples.labels)

    def batch(rows):
        missing = batch_size - tf.shape(rows)[0]
        valid = tf.pad(tf.ones_like(rows, tf.float32), [(0, missing)])
        rows = tf.ensure_shape(tf.pad(rows, [(0, missing)]), (batch_size,))
        values = _gather(features.values, rows)
        return values, tf.gather(labels, rows), valid

    dataset = (
        tf.data.Dataset.range(count)
        .batch(batch_size)
        .map(batch)
        .prefetch(2)
        .with_options(pipeline_options())
    )
    return EvaluationData(features.examples, dataset, batch_size)


def _gather(values: np.ndarray, rows):
    """Takes rows of an array that may be larger than memory."""
    dtype = tf.as_dtype(values.dtype)
    taken = call_python(lambda wanted: values[wanted], [rows], dtype)
    return tf.ensure_shape(taken, (rows.shape[0], *values.shape[1:]))
