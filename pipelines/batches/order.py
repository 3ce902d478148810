"""Which picture comes when: pure functions of integers, without any state.

Positions count the samples of a whole run, over all epochs and workers. From
a position follow its epoch and the index of its picture, so that any step is
reached at once, and workers that share nothing but the seed agree.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from zoo.errors import RequestError

# Keeps the shuffling inside a class apart from that of the epoch.
_INSIDE = 0x1A51DE


def sample_order(
    labels: np.ndarray,
    *,
    batch_size: int,
    seed: int = 0,
    balance: float = 0.0,
) -> Callable:
    """Returns the function from a position to an epoch and an index.

    Without balance an epoch is a permutation of all examples, of which it
    has as many as whole batches hold. With balance a class of n pictures is
    drawn in proportion to n^(1 - balance), Mikolov et al.'s and Mahajan et
    al.'s (2018, section 2.2) square root being 0.5: an epoch is no longer,
    frequent classes give pictures up and rare ones repeat theirs. Inside a
    class all pictures come before one comes again, over the epochs too.

    Args:
        labels: int `(examples,)`, each in 0…classes-1.
        batch_size: Of a global batch; at most the number of examples.
        seed: Any integer.
        balance: 0 leaves the classes as they are, 0.5 takes the square root
            of their sizes, 1 draws from all alike.

    Returns:
        Given a scalar int64 position, returns two scalar int64 tensors: the
        epoch and the index of the example.

    Raises:
        RequestError: The balance is not in 0…1.
    """
    count = len(labels)
    length = count // batch_size * batch_size
    pick = _pick(labels, seed, balance)

    def locate(position):
        epoch = position // length
        return epoch, pick(epoch, position - epoch * length)

    return locate


def global_position(
    position, *, batch_size: int, worker: int = 0, workers: int = 1
):
    """Returns the position in the whole run of a worker's own sample.

    Every global batch is cut into as many equal parts as there are workers,
    in their order.

    Args:
        position: int64: the worker's own samples, counted from 0.
        batch_size: Of a global batch; a multiple of `workers`.
        worker: Which one, in 0…workers-1.
        workers: How many there are.

    Raises:
        RequestError: The batch cannot be cut into equal parts.
    """
    if batch_size % workers:
        raise RequestError(
            f"`global_batch_size={batch_size}` cannot be shared by {workers} "
            f"workers. Give a multiple of {workers}."
        )
    part = batch_size // workers
    step = position // part
    return step * batch_size + worker * part + position % part


def class_quotas(counts: np.ndarray, balance: float) -> np.ndarray:
    """Returns how many pictures of each class an epoch draws.

    Args:
        counts: int `(classes,)`: the pictures of each class.
        balance: 0 for as many as there are, 1 for as many of each class.

    Returns:
        int64 `(classes,)`, the same sum as `counts`; at least 1 for a class
        that has pictures, 0 for one that has none.
    """
    counts = np.asarray(counts, "int64")
    weights = np.where(counts > 0, counts.astype(float) ** (1 - balance), 0)
    targets = weights / weights.sum() * counts.sum()
    quotas = np.where(counts > 0, np.maximum(np.floor(targets), 1), 0)
    quotas = quotas.astype("int64")
    while missing := int(counts.sum() - quotas.sum()):
        change = 1 if missing > 0 else -1
        able = counts > 0 if missing > 0 else quotas > 1
        lack = np.where(able, change * (targets - quotas), -np.inf)
        # Classes that lack equally much are taken in their order.
        chosen = np.argsort(-lack, kind="stable")[: abs(missing)]
        quotas[chosen[able[chosen]]] += change
    return quotas


def _pick(labels, seed, balance):
    """Returns the function from (epoch, place in it) to an index."""
    if not 0 <= balance <= 1:
        raise RequestError(
            f"`balance={balance}` is out of range. Expected 0 (as is) to 1 "
            "(all classes alike)."
        )
    count = len(labels)
    if balance == 0:
        return lambda epoch, place: _shuffle(place, count, seed, epoch)
    sizes = np.bincount(labels).astype("int64")
    members = tf.constant(np.argsort(labels, kind="stable").astype("int32"))
    quotas = class_quotas(sizes, balance)
    ends = tf.constant(np.cumsum(quotas))
    firsts = tf.constant(np.cumsum(sizes) - sizes)
    quotas, sizes = tf.constant(quotas), tf.constant(sizes)

    def pick(epoch, place):
        slot = _shuffle(place, count, seed, epoch)
        label = tf.searchsorted(ends, [slot], side="right")[0]
        in_epoch = slot - ends[label] + quotas[label]
        drawn = epoch * quotas[label] + in_epoch
        size = sizes[label]
        stream = drawn // size * len(sizes) + tf.cast(label, tf.int64)
        turn = _shuffle(drawn % size, size, seed ^ _INSIDE, stream)
        return tf.cast(members[firsts[label] + turn], tf.int64)

    return pick


def _shuffle(place, count, seed: int, stream):
    """Returns where a place of 0…count-1 goes in a permutation."""
    key = tf.stack([tf.constant(seed, tf.int64), tf.cast(stream, tf.int64)])
    return tf.random.experimental.index_shuffle(
        tf.cast(place, tf.int64), key, tf.cast(count, tf.int64) - 1
    )
