"""Which picture comes when: permutations, quotas, shards over workers."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.order import class_quotas
from pipelines.batches.order import global_position
from pipelines.batches.order import sample_order
from zoo.errors import RequestError

LABELS = np.repeat([0, 1, 3], [60, 10, 2]).astype("int32")


def run(order, count, start=0):
    """Returns epochs and indices of some positions, run inside tf.data."""
    positions = tf.data.Dataset.range(start, start + count).map(order)
    return np.array([[int(x) for x in pair] for pair in positions])


def test_an_epoch_is_a_permutation():
    found = run(sample_order(LABELS, batch_size=8, seed=1), 72 * 3)
    np.testing.assert_array_equal(found[:, 0], np.repeat([0, 1, 2], 72))
    for order in found[:, 1].reshape(3, 72):
        np.testing.assert_array_equal(np.sort(order), np.arange(72))


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_any_position_is_reached_at_once(balance):
    order = sample_order(LABELS, batch_size=8, seed=4, balance=balance)
    whole = run(order, 72 * 5)
    np.testing.assert_array_equal(run(order, 30, start=200), whole[200:230])
    eager = [int(part) for part in order(tf.constant(311, tf.int64))]
    assert eager == whole[311].tolist()


@pytest.mark.parametrize(
    ("counts", "balance", "quotas"),
    [
        ([100, 10, 1, 0], 0, [100, 10, 1, 0]),
        ([100, 10, 1, 0], 1, [37, 37, 37, 0]),
        ([64, 16, 4], 0.5, [48, 24, 12]),
        ([1, 1, 1, 50], 1, [14, 13, 13, 13]),
        ([97, 1, 1, 1], 0.1, [95, 2, 2, 1]),
    ],
)
def test_quotas(counts, balance, quotas):
    np.testing.assert_array_equal(class_quotas(counts, balance), quotas)


def test_quotas_of_many_classes():
    counts = np.random.default_rng(0).integers(0, 9, 500)
    for balance in (0.0, 0.3, 0.99, 1.0):
        quotas = class_quotas(counts, balance)
        assert quotas.sum() == counts.sum()
        np.testing.assert_array_equal(quotas > 0, counts > 0)


@pytest.mark.parametrize(
    ("balance", "quotas"), [(0.5, [45, 19, 0, 8]), (1.0, [24, 24, 0, 24])]
)
def test_rare_classes_come_more_often(balance, quotas):
    order = sample_order(LABELS, batch_size=8, seed=2, balance=balance)
    found = run(order, 72 * 10)[:, 1].reshape(10, 72)
    seen = np.zeros(72, int)
    for epoch in found:
        np.testing.assert_array_equal(np.bincount(LABELS[epoch]), quotas)
        seen += np.bincount(epoch, minlength=72)
        for label in (0, 1, 3):
            # All pictures of a class before one comes again, over epochs.
            assert np.ptp(seen[label == LABELS]) <= 1
    assert len({tuple(epoch) for epoch in found}) == 10


def test_balance_depends_on_the_seed():
    orders = [
        run(sample_order(LABELS, batch_size=8, seed=s, balance=1.0), 72)
        for s in (0, 0, 1)
    ]
    np.testing.assert_array_equal(orders[0], orders[1])
    assert (orders[0] != orders[2]).any()


@pytest.mark.parametrize("balance", [-0.1, 1.5])
def test_balance_out_of_range(balance):
    with pytest.raises(RequestError, match=r"out of range\. Expected 0"):
        sample_order(LABELS, batch_size=8, balance=balance)


@pytest.mark.parametrize("workers", [1, 2, 3, 6])
def test_workers_share_every_global_batch(workers):
    part = 12 // workers
    own = [
        global_position(
            np.arange(5 * part), batch_size=12, worker=w, workers=workers
        )
        for w in range(workers)
    ]
    batches = np.concatenate([each.reshape(5, part) for each in own], axis=1)
    np.testing.assert_array_equal(batches, np.arange(60).reshape(5, 12))


def test_a_batch_that_cannot_be_shared():
    with pytest.raises(RequestError, match=r"=10` .* Give a multiple of 4\."):
        global_position(0, batch_size=10, workers=4)
