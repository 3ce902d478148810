"""Looking for a learning rate leaves no trace, and stops in time."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from pipelines.tasks.classification import Classification
from pipelines.training.fine_tuning import rate_finder
from pipelines.training.fine_tuning.rate_finder import find_rate
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.trainer import Trainer


@pytest.fixture
def trainer(tiny):
    return Trainer(
        tiny(), SGDWithL2(0.1), tf.distribute.get_strategy(), Classification()
    )


def test_everything_is_as_it_was(trainer, batches, coloured, digest):
    train, _ = batches(coloured(4), 4)
    trainer.fit(train, epochs=1)
    weights = digest(trainer.model)
    state = [v.numpy() for v in trainer.optimizer.variables]
    curve = find_rate(trainer, train, steps=12)
    assert digest(trainer.model) == weights
    for variable, value in zip(trainer.optimizer.variables, state, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert 0 < len(curve.rates) == len(curve.losses) <= 12
    assert trainer.global_step == 2


def test_it_stops_where_the_loss_is_lost(trainer, batches, coloured):
    train, _ = batches(coloured(4), 4)
    curve = find_rate(trainer, train, steps=40, scale=1e30)
    assert np.isfinite(curve.losses).all() and len(curve.losses) < 40
    assert all(np.isfinite(v).all() for v in trainer.model.get_weights())


def test_it_stops_where_the_loss_is_three_times_the_lowest(
    trainer, batches, coloured, monkeypatch
):
    train, _ = batches(coloured(4), 4)
    # The other way round in every other step: nothing can be learned.
    turned = train.dataset.enumerate().map(
        lambda step, batch: (batch[0], (batch[1] + tf.cast(step, tf.int32)) % 2)
    )
    train = dataclasses.replace(train, dataset=turned)
    curve = find_rate(trainer, train, steps=40, scale=1e2)
    monkeypatch.setattr(rate_finder, "_DIVERGED", np.inf)
    whole = find_rate(trainer, train, steps=40, scale=1e2)
    count = len(curve.losses)
    assert count < len(whole.losses) == 40
    np.testing.assert_array_equal(curve.losses, whole.losses[:count])
    assert max(whole.losses[count:]) > 3 * min(curve.losses)
