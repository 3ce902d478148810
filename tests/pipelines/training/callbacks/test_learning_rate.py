"""Driving the rate of a real run from a schedule."""

import keras
import pytest
import tensorflow as tf

from pipelines.tasks.classification import Classification
from pipelines.training.callbacks import ScheduledRate
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.schedules import CosineSchedule
from pipelines.training.trainer import Trainer

SCHEDULE = CosineSchedule(0.4, first_cycle=3, warmup=2, period_multiplier=2)


def recorder(rates):
    def note(batch, logs=None):
        rates.append(float(callback.model.optimizer.learning_rate.numpy()))

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=note)
    return callback


@pytest.mark.parametrize("first_step", [0, 5])
def test_the_rates_of_a_run(coloured, batches, first_step):
    pixels = keras.Input((16, 16, 3))
    x = keras.layers.GlobalAveragePooling2D()(pixels)
    model = keras.Model(pixels, keras.layers.Dense(2)(x))
    trainer = Trainer(
        model, SGDWithL2(9.0), tf.distribute.get_strategy(), Classification()
    )
    train, _ = batches(coloured(8), 4)
    rates = []
    callbacks = [ScheduledRate(SCHEDULE, first_step), recorder(rates)]
    history = trainer.fit(train, epochs=3, callbacks=callbacks)
    expected = [SCHEDULE(first_step + step) for step in range(12)]
    assert rates == pytest.approx(expected, rel=1e-6)
    assert [logs["learning_rate"] for logs in history] == rates[3::4]
    if first_step == 0:
        # Warm-up, a cycle of three steps, the start of one of six.
        head = [0.2, 0.4, 0.4, 0.3, 0.1, 0.4]
        assert rates[:6] == pytest.approx(head, rel=1e-6)


def test_any_function_of_the_step_will_do():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd")
    callback = ScheduledRate(lambda step: 0.5**step)
    callback.set_model(model)
    for step in range(4):
        callback.on_train_batch_begin(0)
        assert float(model.optimizer.learning_rate) == 0.5**step
