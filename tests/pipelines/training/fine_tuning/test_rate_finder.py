"""Looking for a learning rate leaves no trace, and finds the steep part."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.tasks.classification import Classification
from pipelines.training.fine_tuning.rate_finder import RateCurve
from pipelines.training.fine_tuning.rate_finder import draw_rates
from pipelines.training.fine_tuning.rate_finder import find_rate
from pipelines.training.fine_tuning.rate_finder import steepest
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
    assert 1e-4 <= curve.best <= 10 and len(curve.rates) == len(curve.losses)
    assert trainer.global_step == 2


def test_it_stops_where_the_loss_is_lost(trainer, batches, coloured):
    train, _ = batches(coloured(4), 4)
    trainer.model.get_layer("head_logits").kernel.assign(
        np.full((16, 2), 50.0) * [[1, -1]]
    )
    curve = find_rate(trainer, train, steps=40)
    assert np.isfinite(curve.losses).all()
    for i in range(1, len(curve.losses)):
        assert curve.losses[i] <= 3 * min(curve.losses[:i])


@pytest.mark.parametrize("fall", [1e-3, 1e-2, 1e-1])
def test_the_steepest_point(fall):
    rates = np.geomspace(1e-4, 10, 81)
    losses = 2 - np.tanh(3 * np.log10(rates / fall)) + 30 * (rates > 5)
    assert 0.8 * fall < steepest(rates, losses) < 1.25 * fall


def test_a_loss_that_never_falls():
    assert steepest([1e-4, 1e-3, 1e-2], [1.0, 2.0, 3.0]) == 1e-4


def test_the_picture(tmp_path):
    curve = RateCurve((0.1, 1.0), (2.0, 1.0), 0.1)
    draw_rates(curve, tmp_path / "rates.png", Classification())
    assert (tmp_path / "rates.png").read_bytes()[:4] == b"\x89PNG"
