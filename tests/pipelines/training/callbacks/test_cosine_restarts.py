"""Warm restarts under plain Keras `fit`."""

import keras
import numpy as np
import pytest

from pipelines.training.callbacks import CosineRestarts
from zoo.errors import RequestError


@pytest.fixture
def fit():
    """Returns a function: trains for epochs of 4 steps, returns the rates."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")

    def run(callback, epochs):
        rates = []
        recorder = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: rates.append(
                float(model.optimizer.learning_rate)
            )
        )
        model.fit(
            np.ones((8, 1)),
            np.ones(8),
            batch_size=2,
            epochs=epochs,
            verbose=0,
            callbacks=[callback, recorder],
        )
        return rates

    return run


def test_rates_of_warm_up_and_two_cycles(fit):
    callback = CosineRestarts(
        0.4,
        2,
        period_multiplier=2,
        height_multiplier=0.5,
        floor=0.1,
        warmup=2,
    )
    # Steps 2 and 3 are the first cycle, 4 to 7 one of half the height.
    waves = (1 + np.cos(np.pi * np.array([0, 0.25, 0.5, 0.75]))) / 2
    expected = [0.2, 0.4, 0.4, 0.25, *(0.1 + 0.1 * waves)]
    assert fit(callback, epochs=2) == pytest.approx(expected, rel=1e-6)


def test_it_goes_on_where_fit_is_called_again(fit):
    callback = CosineRestarts(1.0, 8)
    rates = [*fit(callback, 1), *fit(callback, 1)]
    expected = (1 + np.cos(np.pi * np.arange(8) / 8)) / 2
    assert rates == pytest.approx(expected, rel=1e-6)
    later = CosineRestarts(1.0, 8, first_step=6)
    assert fit(later, 1)[:2] == pytest.approx(expected[6:], rel=1e-6)


def test_cycles_that_shrink_are_refused():
    with pytest.raises(RequestError, match="Cycles may grow longer and lower"):
        CosineRestarts(0.1, 10, period_multiplier=0.5)
