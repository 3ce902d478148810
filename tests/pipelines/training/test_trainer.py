"""The loop: it learns, Keras's callbacks work in it, runs repeat to the bit."""

import csv
import hashlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.devices.batch_norm import trainable_copy
from pipelines.tasks.classification import Classification
from pipelines.tasks.ranking import hits
from pipelines.training.failures import Diverged
from pipelines.training.fine_tuning.freezing import freeze_below
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.trainer import STEPS_BETWEEN_READS
from pipelines.training.trainer import Trainer
from zoo.errors import RequestError

LOGS = {
    "loss",
    "top1",
    "top5",
    "images_per_second",
    "input_wait",
    "seconds",
    "learning_rate",
    "gradient_norm",
    "global_step",
}
HELD_OUT = {"val_loss", "val_top1", "val_top5"}


@pytest.fixture(scope="module")
def sets(coloured, batches):
    return batches(coloured(12), 6, augmentation="shift")


def make_trainer(model, rate=0.05):
    optimizer = SGDWithL2(rate, l2=1e-4)
    strategy = tf.distribute.get_strategy()
    return Trainer(model, optimizer, strategy, Classification())


def smallest(dropout=0.0):
    """The smallest classifier: traced in no time."""
    pixels = keras.Input((16, 16, 3))
    x = keras.layers.Rescaling(1 / 255)(pixels)
    x = keras.layers.GlobalAveragePooling2D()(x)
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(pixels, keras.layers.Dense(2)(x))


def test_the_loss_falls_to_nothing_on_two_colours(sets, tiny):
    keras.utils.set_random_seed(0)
    train, judge = sets
    trainer = make_trainer(trainable_copy(tiny()))
    history = trainer.fit(train, judge, epochs=5)
    assert [logs["epoch"] for logs in history] == [1, 2, 3, 4, 5]
    assert all(set(logs) == {"epoch"} | LOGS | HELD_OUT for logs in history)
    assert history[0]["loss"] > 4 * history[-1]["loss"]
    assert history[-1]["top1"] == history[-1]["val_top1"] == 1
    assert history[-1]["top5"] == history[-1]["val_top5"] == 1
    assert history[-1]["learning_rate"] == pytest.approx(0.05)
    assert 0 <= history[-1]["input_wait"] <= 1
    assert trainer.global_step == 5 * train.steps_per_epoch == 20


def test_the_logs_are_exact_means_over_the_epoch(sets):
    train, judge = sets
    model = smallest()
    model.set_weights([np.zeros((3, 2)), np.array([1.0, 0])])
    (logs,) = make_trainer(model, rate=1e-12).fit(train, judge, epochs=1)
    # Half of the pictures are of the class that is always named.
    loss = (np.log1p(np.exp(-1)) + np.log1p(np.exp(1))) / 2
    assert logs["loss"] == pytest.approx(loss, abs=1e-6)
    assert logs["val_loss"] == pytest.approx(loss, abs=1e-6)
    assert logs["top1"] == logs["val_top1"] == 0.5
    assert logs["top5"] == logs["val_top5"] == 1


def test_without_validation_there_are_no_such_logs(sets):
    trainer = make_trainer(smallest())
    trainer.epoch = 3
    (logs,) = trainer.fit(sets[0], epochs=4)
    assert set(logs) == {"epoch"} | LOGS and logs["epoch"] == 4


def test_early_stopping_stops(sets):
    stop = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=1, min_delta=100.0
    )
    history = make_trainer(smallest()).fit(*sets, epochs=9, callbacks=[stop])
    # The first epoch is the best so far, the second brings nothing.
    assert len(history) == 2 and stop.stopped_epoch == 1


def test_csv_logger_writes_a_row_an_epoch(sets, tmp_path):
    logger = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    history = make_trainer(smallest()).fit(*sets, epochs=3, callbacks=[logger])
    with open(tmp_path / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert set(rows[0]) == {"epoch"} | LOGS | HELD_OUT
    for row, logs in zip(rows, history, strict=True):
        assert float(row["val_loss"]) == logs["val_loss"]


@pytest.mark.parametrize(("batch", "step"), [(6, 1), (1, 1)])
def test_a_loss_that_is_no_number_ends_the_run(coloured, batches, batch, step):
    train, judge = batches(coloured(12), batch)
    model = smallest()
    model.layers[-1].bias.assign([np.nan, 0.0])
    trainer = make_trainer(model)
    with pytest.raises(Diverged, match=f"at step {step}") as caught:
        trainer.fit(train, judge, epochs=5)
    assert trainer.global_step == min(
        train.steps_per_epoch, STEPS_BETWEEN_READS
    )
    held = [train.examples.names[i] for i in train.indices_of(step - 1)]
    assert all(name in str(caught.value) for name in held)
    assert caught.value.exit_code == 3


def test_a_model_of_nan_is_never_right():
    labels, logits = [0, 1], [[np.nan, np.nan]] * 2
    assert not np.any([part.numpy() for part in hits(labels, logits, (1, 5))])


def test_callbacks_see_every_event_in_order(sets):
    events = []

    def note(name):
        return lambda *which, logs=None: events.append((name, *which[:1]))

    lambdas = keras.callbacks.LambdaCallback(
        on_epoch_begin=note("begin"),
        on_train_batch_begin=note("batch"),
        on_train_batch_end=note("done"),
        on_epoch_end=note("end"),
        on_train_begin=lambda logs: events.append(("start",)),
        on_train_end=lambda logs: events.append(("finish",)),
    )
    train = sets[0]
    make_trainer(smallest()).fit(train, epochs=2, callbacks=[lambdas])
    batch_events = [(n, i) for i in range(4) for n in ("batch", "done")]
    expected = [("start",)]
    for epoch in range(2):
        expected += [("begin", epoch), *batch_events, ("end", epoch)]
    assert events == [*expected, ("finish",)]


def test_callbacks_know_the_model_and_the_run(sets):
    callback = keras.callbacks.Callback()
    trainer = make_trainer(smallest())
    trainer.fit(sets[0], epochs=1, callbacks=[callback])
    assert callback.model is trainer.model
    assert callback.model.optimizer is trainer.optimizer
    assert callback.params["steps"] == 4 and callback.params["epochs"] == 1


def test_one_seed_gives_the_same_weights_to_the_bit(sets, tiny, digest):
    digests = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        trainer = make_trainer(trainable_copy(tiny(dropout=0.5)))
        trainer.fit(sets[0], epochs=2)
        digests.append(digest(trainer.model))
    assert digests[0] == digests[1] != digests[2]


def test_dropout_is_on_in_training_only(sets):
    train, judge = sets
    losses = set()
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        model = smallest(dropout=0.5)
        model.layers[-1].kernel.assign([[1.0, -1]] * 3)
        (logs,) = make_trainer(model, 1e-12).fit(train, judge, epochs=1)
        losses.add((logs["loss"], logs["val_loss"]))
    assert len({loss for loss, _ in losses}) == 2
    assert len({val_loss for _, val_loss in losses}) == 1


def _bits(layers):
    return {
        f"{layer.name}/{variable.name}": hashlib.sha256(
            variable.numpy().tobytes()
        ).hexdigest()
        for layer in layers
        for variable in layer.weights
    }


def test_what_is_frozen_does_not_change_by_a_bit(sets, tiny):
    train, judge = sets
    trainer = make_trainer(trainable_copy(tiny()))
    layers = trainer.model.layers
    before = _bits(layers)
    for stage, step in (("head", 0), ("stage2", 4), ("stem", 8)):
        freeze_below(trainer.model, stage)
        assert trainer.global_step == step
        trainer.fit(train, judge, epochs=trainer.epoch + 1)
        after = _bits(layers)
        learning = tuple(
            {"head": ("head",), "stage2": ("head", "stage2")}.get(
                stage, ("head", "stage", "stem")
            )
        )
        for name, bits in after.items():
            learns = name.startswith(learning)
            assert (bits != before[name]) == learns, name
        before = after


def test_batch_norm_can_stay_frozen_where_all_else_learns(sets, tiny):
    trainer = make_trainer(trainable_copy(tiny()))
    before = _bits(trainer.model.layers)
    freeze_below(trainer.model, "stem", freeze_batch_norm=True)
    trainer.fit(sets[0], epochs=1)
    after = _bits(trainer.model.layers)
    for name, bits in after.items():
        assert (bits == before[name]) == ("_bn/" in name), name
    assert sum("moving" in name for name in after) == 10


def test_a_batch_that_devices_cannot_share_is_refused(sets, monkeypatch):
    trainer = make_trainer(smallest())
    monkeypatch.setattr(
        type(trainer.strategy), "num_replicas_in_sync", property(lambda _: 4)
    )
    with pytest.raises(
        RequestError, match=r"=6` cannot be shared evenly by 4 devices\. .*of 4"
    ):
        trainer.fit(sets[0], epochs=1)
