"""Whether the head alone is enough: decided once, and before any step."""

import json
import os
import signal

import keras
import numpy as np
import pytest

import zoo
from pipelines.features.probe import fit_probe
from pipelines.runs.interruption import Interrupted
from pipelines.training.callbacks import Progress
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning import looking_ahead
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.fine_tuning.outlook import ENOUGH
from pipelines.training.fine_tuning.outlook import FEW
from pipelines.training.fine_tuning.outlook import FEW_IN_ALL
from pipelines.training.fine_tuning.outlook import HALF
from pipelines.training.fine_tuning.outlook import Outlook


@pytest.mark.parametrize(
    ("pictures", "classes", "accuracy", "enough"),
    [
        (800, 2, 0.993, True),
        (1_096, 10, 0.991, True),
        (800, 2, ENOUGH, True),
        (800, 2, ENOUGH - 1e-6, False),
        # Little below the head can be learned from so few a class.
        (FEW * 3 - 1, 3, HALF, True),
        (FEW * 3, 3, HALF, False),
        # But where the head is wrong in most, more than from features.
        (FEW * 3 - 1, 3, HALF - 1e-6, False),
        (FEW_IN_ALL - 1, 3, 0.4, True),
        (FEW_IN_ALL, 3, 0.4, False),
    ],
)
def test_what_decides(pictures, classes, accuracy, enough):
    outlook = Outlook(pictures, classes, accuracy)
    assert outlook.head_is_enough == enough
    assert f"{accuracy:.1%} of {pictures:,} pictures" in outlook.why


def test_one_picture_a_class_cannot_be_held_out():
    outlook = Outlook(800, 800, float("nan"))
    assert outlook.head_is_enough
    assert outlook.why == (
        "no picture could be held out: the head alone is fitted"
    )


def test_how_many_pictures_there_are_is_asked_of_all_of_them():
    # 1,200 a class, of which 5 are judged.
    outlook = Outlook(1_200_000, 1_000, 0.5, judged=5_000)
    assert not outlook.head_is_enough
    assert "50.0% of 5,000 pictures" in outlook.why


def blobs(random, count, noise):
    """Features that a line tells apart, some of them as far as noise goes."""
    labels = np.arange(count) % 2
    axis = np.zeros(16)
    axis[3] = 4
    values = random.normal(size=(count, 16)) + np.outer(2 * labels - 1, axis)
    wrong = random.random(count) < noise
    return values, np.where(wrong, 1 - labels, labels)


def corners(random, count, noise):
    """An exclusive or: nothing that is linear can tell them apart."""
    signs = random.integers(0, 2, (count, 2))
    values = random.normal(size=(count, 16))
    values[:, :2] += 6 * signs - 3
    labels = signs[:, 0] ^ signs[:, 1]
    wrong = random.random(count) < noise
    return values, np.where(wrong, 1 - labels, labels)


@pytest.mark.parametrize("count", [120, 240, 800])
@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize(("made", "enough"), [(blobs, True), (corners, False)])
def test_made_features_with_a_known_answer(made, enough, noise, count):
    """In three draws of three, at every size and with wrong labels too."""
    for seed in range(3):
        random = np.random.default_rng([seed, count])
        probe = fit_probe(*made(random, count, noise), 2, seed=seed)
        assert Outlook(count, 2, probe.accuracy).head_is_enough == enough


@pytest.fixture(scope="module")
def configure(picture_folder, tmp_path_factory):
    """Returns a function: the configuration of a run that decides itself."""
    keras.utils.set_random_seed(3)
    weights = tmp_path_factory.mktemp("weights") / "alexnet.safetensors"
    model = zoo.create_model("alexnet_cifar", input_shape=(16, 16, 3))
    zoo.save_weights(model, weights)

    def make(**changes):
        settings = {
            "data": str(picture_folder),
            "model": "alexnet_cifar",
            "weights": str(weights),
            "output": str(tmp_path_factory.mktemp("runs") / "run"),
            "image_size": 16,
            "global_batch_size": 4,
            "precision": "float32",
        }
        return FinetuneConfig(**(settings | changes))

    return make


def weights_of(finished):
    return [each.tobytes() for each in finished.model.get_weights()]


def test_the_probe_is_taken_where_it_is_enough(configure):
    """12 pictures of three classes: the same run as the one that asks."""
    said = []
    chosen = finetune_run(configure(), say=said.append)
    asked = finetune_run(configure(probe=True), say=lambda line: None)
    assert weights_of(chosen) == weights_of(asked)
    held = json.loads((chosen.folder.path / "config.json").read_text())
    assert held["probe"] is True and held["plan"] is None
    assert held["optimizer"] is None and held["augmentation"] == "none"
    why = held["chosen"]["probe"]["why"]
    assert why.startswith("the head fitted to features is right in ")
    assert why.endswith("fewer than 50 pictures serve the head alone")
    assert f"  probe=True: {why}" in said
    (command,) = [line for line in said if line.startswith("the same in full")]
    assert " --probe" in command and " --augmentation=none" in command
    assert "trying the head alone on features of 12 pictures" in said
    assert not {"optimizer", "stage_lr_decay"} & held["chosen"].keys()


@pytest.mark.parametrize(
    "asked",
    [{"epochs": 1}, {"probe": False, "epochs": 1}, {"augmentation": "crop"}],
)
def test_who_asks_for_steps_gets_them(configure, asked, monkeypatch):
    monkeypatch.setattr("pipelines.training.planning.EPOCHS", 1)
    monkeypatch.setattr("pipelines.training.planning.MOST_EPOCHS", 1)
    run = finetune_run(configure(**asked), say=lambda line: None)
    assert [str(phase) for phase in run.config.plan] == ["head:1@0.4"]
    held = json.loads((run.folder.path / "config.json").read_text())
    assert held["chosen"]["plan"]["value"] == "head:1@0.4"
    assert "serve the head alone" in held["chosen"]["plan"]["why"]


def test_a_part_of_many_pictures_is_looked_at(configure, monkeypatch):
    monkeypatch.setattr(looking_ahead, "MOST", 9)
    monkeypatch.setattr("pipelines.features.probe.MOST", 9)
    said = []
    run = finetune_run(configure(), say=said.append)
    assert "trying the head alone on features of 9 pictures" in said
    # The head is fitted to all of them nevertheless.
    asked = finetune_run(configure(probe=True), say=lambda line: None)
    assert weights_of(run) == weights_of(asked)


def test_a_class_without_pictures_leaves_the_usual_plan(configure):
    """With so many wrong labels no picture of a third class is left."""
    said = []
    run = finetune_run(
        configure(label_noise=0.9, epochs=1, seed=3), say=said.append
    )
    counts = run.metrics["examples"]
    assert counts == 6 and run.config.probe is None


def test_features_that_are_all_alike_decide_nothing(configure, monkeypatch):
    plain = looking_ahead.features_of

    def alike(*arguments):
        found = plain(*arguments)
        found.values[:] = 1.0
        return found

    monkeypatch.setattr(looking_ahead, "features_of", alike)
    run = finetune_run(configure(epochs=1), say=lambda line: None)
    assert len(run.config.plan) >= 1 and run.config.probe is None


def test_a_stopped_run_goes_on_as_it_was_decided(configure, monkeypatch):
    monkeypatch.setattr("pipelines.training.fine_tuning.outlook.FEW", 0)
    monkeypatch.setattr("pipelines.training.fine_tuning.outlook.FEW_IN_ALL", 0)
    monkeypatch.setattr("pipelines.training.fine_tuning.outlook.ENOUGH", 2.0)
    settings = {"epochs": 4, "learning_rate": 0.1}
    whole = finetune_run(configure(**settings), say=lambda line: None)
    again = finetune_run(configure(**settings), say=lambda line: None)
    assert weights_of(whole) == weights_of(again)
    plain, taken = Progress.on_train_batch_end, []

    def count(self, batch, logs=None):
        taken.append(batch)
        if len(taken) == 8:
            os.kill(os.getpid(), signal.SIGTERM)
        plain(self, batch, logs)

    config = configure(**settings)
    with monkeypatch.context() as patched:
        patched.setattr(Progress, "on_train_batch_end", count)
        with pytest.raises(Interrupted):
            finetune_run(config, say=lambda line: None)
    # Nobody looks a second time, whatever would be decided now.
    monkeypatch.setattr(
        "pipelines.training.fine_tuning.outlook.FEW_IN_ALL", 10**6
    )
    monkeypatch.delattr(looking_ahead, "fit_head")
    said = []
    parts = finetune_run(config, say=said.append)
    assert any("going on after step 8" in line for line in said)
    assert parts.config.plan == whole.config.plan
    assert len(parts.config.plan) > 1
    assert weights_of(parts) == weights_of(whole)
