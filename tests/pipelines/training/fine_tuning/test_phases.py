"""Running plans: sizes that grow, and what a run computes meanwhile."""

import os
import signal

import numpy as np
import pytest
import tensorflow as tf

import zoo
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import training_data
from pipelines.runs.interruption import Interrupted
from pipelines.training.building import make_trainer
from pipelines.training.callbacks import Progress
from pipelines.training.callbacks import ScheduledRate
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.fine_tuning.phases import describe_sizes
from pipelines.training.from_scratch import train
from pipelines.training.preparation import prepare
from pipelines.training.schedules import CosineSchedule
from pipelines.training.trainer import Networks
from zoo.errors import RequestError

SIZES = [(0, 1, 8), (1, 2, 12), (3, 1, 16)]


def quiet(line):
    pass


@pytest.fixture
def configure(picture_folder, tmp_path):
    """Returns a function: a run of 4 epochs of 3 steps that grows to 16 px."""

    def make(name, kind=TrainConfig, **changes):
        settings = {
            "data": str(picture_folder),
            "model": "resnet20",
            "output": str(tmp_path / name),
            "image_size": 16,
            "progressive_from": 8,
            "epochs": 4,
            "global_batch_size": 4,
            "learning_rate": 0.5,
            "augmentation": "shift",
            "precision": "float32",
        }
        return kind(**settings | changes)

    return make


def test_sizes_of_the_epochs(configure):
    run = prepare(configure("run"), say=quiet)
    with run.folder:
        found = [(s.first_epoch, s.epochs, s.image_size) for s in run.sizes]
        assert found == SIZES
        assert describe_sizes(run) == (
            "pictures grow: 1 epoch(s) at 8 px, 2 epoch(s) at 12 px, "
            "1 epoch(s) at 16 px"
        )
        for size in (8, 12, 16):
            pictures, _ = run.training_data(0, size).dataset.element_spec
            assert pictures.shape == (4, size, size, 3)
            assert run.train_model(size).input.shape[1] == size
    plain = prepare(configure("plain", progressive_from=None), say=quiet)
    with plain.folder:
        assert [s.image_size for s in plain.sizes] == [16]


def test_it_is_a_fit_after_the_other_with_larger_pictures(configure):
    grown = train(configure("grown"), say=quiet)
    run = prepare(configure("by hand"), say=quiet)
    schedule = CosineSchedule(0.5 * 4 / 256, first_cycle=11, warmup=1)
    # A twentieth of 12 steps.
    assert round(0.05 * 12) == 1
    with run.folder:
        trainer = make_trainer(run)
        for first, epochs, size in SIZES:
            data = training_data(
                run.splits.train,
                zoo.preprocessing(run.model).at(size),
                augmentation=AUGMENTATIONS["shift"],
                batch_size=4,
                reading=Reading(3 * first),
            )
            resized = zoo.resized(run.model, (size, size, 3))
            trainer.fit(
                data,
                epochs=first + epochs,
                callbacks=[ScheduledRate(schedule, 3 * first)],
                networks=Networks(resized),
            )
    for one, other in zip(
        grown.model.get_weights(), run.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


_SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "stop", [pytest.param(2, marks=_SLOW), 3, pytest.param(7, marks=_SLOW)]
)
def test_stopped_at_any_size_it_goes_on_to_the_bit(
    configure, monkeypatch, stop
):
    plain, taken = Progress.on_train_batch_end, []

    def count(self, batch, logs=None):
        taken.append(batch)
        if len(taken) == stop:
            os.kill(os.getpid(), signal.SIGTERM)
        plain(self, batch, logs)

    changes = {"model": "resnet20", "mixup": 0.2, "ema": 0.9}
    whole = train(configure("whole", **changes), say=quiet)
    monkeypatch.setattr(Progress, "on_train_batch_end", count)
    config = configure("parts", **changes)
    with pytest.raises(Interrupted):
        train(config, say=quiet)
    parts = train(config, say=quiet)
    for one, other in zip(
        whole.model.get_weights(), parts.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_frozen_stages_see_growing_pictures_too(configure):
    said = []
    config = configure(
        "tuned",
        FinetuneConfig,
        weights="cifar10",
        plan="head:2@0.5, all:2@0.05",
        epochs=None,
        learning_rate=None,
        cache=False,
    )
    finished = finetune_run(config, say=said.append)
    assert any("2 epoch(s) at 12 px" in line for line in said)
    assert len(finished.history) == 4
    assert finished.model.input.shape == (None, 16, 16, 3)
    stem = zoo.create_model("resnet20", weights="cifar10").get_layer(
        "stem_conv"
    )
    moved = finished.model.get_layer("stem_conv").kernel - stem.kernel
    assert float(tf.reduce_max(tf.abs(moved))) > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "alexnet_cifar"}, r"`progressive_from=8`: .* Leave it out"),
        ({"progressive_from": 17}, "=17` is more than the 16 px that it grows"),
        (
            {"progressive_from": 13, "train_size": 12},
            "=13` is more than the 12 px that it grows to",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_refused(configure, changes, message):
    with pytest.raises(RequestError, match=message):
        train(configure("refused", **changes), say=quiet)
