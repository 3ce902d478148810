"""`finetune` from end to end, and the choices it makes."""

import dataclasses
import json

import keras
import numpy as np
import pytest

import zoo
from pipelines.tasks.classification import Classification
from pipelines.training.building import build_model
from pipelines.training.config import EPOCHS
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.fine_tuning.plan import Phase
from zoo.errors import RequestError


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """Weights of another set of classes, with statistics of their own."""
    keras.utils.set_random_seed(5)
    model = zoo.create_model("resnet20", classes=10, input_shape=(16, 16, 3))
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(layer.moving_mean + 0.125)
    path = tmp_path_factory.mktemp("weights") / "resnet20.safetensors"
    zoo.save_weights(model, path)
    return path, model


@pytest.fixture(scope="module")
def run(picture_folder, pretrained, tmp_path_factory):
    output = tmp_path_factory.mktemp("runs") / "tuned"
    said = []
    config = FinetuneConfig(
        data=str(picture_folder),
        model="resnet20",
        output=str(output),
        weights=str(pretrained[0]),
        plan="head:2@0.5, stage3:1@0.05",
        global_batch_size=4,
        image_size=16,
        seed=1,
        precision="float32",
    )
    return output, finetune_run(config, say=said.append).metrics, said


def test_the_run_folder_is_complete(run):
    output, metrics, _ = run
    for name in (
        "config.json",
        "metrics.json",
        "history.json",
        "model.keras",
        "checkpoints/best.safetensors",
    ):
        assert (output / name).is_file(), name
    assert json.loads((output / "metrics.json").read_text()) == metrics
    assert metrics["examples"] == 6 and metrics["epochs"] == 3
    assert metrics["training_examples"] == 12


def test_epochs_go_on_over_the_phases(run):
    history = json.loads((run[0] / "history.json").read_text())
    assert [logs["epoch"] for logs in history] == [1, 2, 3]
    assert all(np.isfinite(logs["val_loss"]) for logs in history)
    # Head: 6 steps, the first of them warm-up; stage3: 3 steps, none.
    peaks = 0.5 * 4 / 256, 0.05 * 4 / 256
    waves = [(1 + np.cos(np.pi * done)) / 2 for done in (1 / 5, 4 / 5, 2 / 3)]
    rates = [peaks[0] * waves[0], peaks[0] * waves[1], peaks[1] * waves[2]]
    found = [logs["learning_rate"] for logs in history]
    np.testing.assert_allclose(found, rates, rtol=1e-5)


def test_what_is_below_the_plan_is_that_of_the_weights(run, pretrained):
    tuned = keras.models.load_model(run[0] / "model.keras")
    before = {v.path: v.numpy() for v in pretrained[1].variables}
    changed, kept = set(), set()
    for variable in tuned.variables:
        assert np.isfinite(variable.numpy()).all(), variable.path
        if variable.path.startswith("head"):
            continue
        same = (variable.numpy() == before[variable.path]).all()
        (kept if same else changed).add(variable.path)
    assert all(path.startswith("stage3") for path in changed)
    assert not any(path.startswith("stage3") for path in kept)
    # BatchNorm of the stem and of the two stages below, 1 + 6 + 6.
    assert sum("moving" in path for path in kept) == 2 * 13


def test_what_is_said(run):
    said = run[2]
    first = said.index("chosen, where nothing else is asked for:")
    assert first == 1 and said[first + 1 : first + 6] == [
        "  optimizer=sgd: what convolutions learn best by",
        "  stage_lr_decay=1.0: one rate for all stages",
        "  augmentation=gentle: the pictures are larger than 16 px",
        "  balance=0.0: the classes are of similar sizes",
        "  train_size=16: the size that is judged",
    ]
    assert said[7].startswith("the same in full: zoo finetune --d")
    assert said[8:11] == [
        "plan: head:2@0.5,stage3:1@0.05 by sgd, cosine",
        "  1. head (195 weights), 2 epoch(s), learning rate up to 0.00781",
        "  2. stage3 … head (204,483 weights), 1 epoch(s), learning rate up "
        "to 0.000781",
    ]
    assert said[11].startswith("  no cache: it would save ")
    assert len(said) == 12


def test_what_was_chosen_is_kept(run):
    written = json.loads((run[0] / "config.json").read_text())
    assert written["plan"] == "head:2@0.5,stage3:1@0.05"
    assert set(written["chosen"]) == {
        "optimizer",
        "stage_lr_decay",
        "augmentation",
        "balance",
        "train_size",
    }
    for name, choice in written["chosen"].items():
        assert written[name] == choice["value"] and choice["why"], name


def test_without_weights_everything_learns(
    picture_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr("pipelines.training.watching._PICTURES_SHOWN", 2)
    said = []
    config = FinetuneConfig(
        data=str(picture_folder),
        model="resnet20",
        output=str(tmp_path / "run"),
        epochs=1,
        learning_rate=0.02,
        global_batch_size=12,
        image_size=16,
    )
    finetune_run(config, say=said.append)
    assert "plan: stem:1@0.02 by sgd, cosine" in said
    tuned = keras.models.load_model(tmp_path / "run" / "model.keras")
    means = [v.numpy() for v in tuned.variables if "moving_mean" in v.path]
    assert len(means) == 19 and all(mean.any() for mean in means)


def test_a_plan_and_epochs_exclude_each_other():
    for other in ({"epochs": 3}, {"learning_rate": 0.1}):
        with pytest.raises(RequestError, match="`plan` says epochs and rates"):
            FinetuneConfig("d", "resnet20", "o", plan="head:1@1", **other)
    assert EPOCHS == 30


def test_a_plan_is_records():
    plan = (Phase("head", 2, 0.5), Phase("all", 1, 0.05))
    for given in (plan, list(plan), "head:2@0.5, all:1@.05"):
        config = FinetuneConfig("d", "resnet20", "o", plan=given)
        assert config.plan == plan
        assert config.as_dict()["plan"] == "head:2@0.5,all:1@0.05"
        assert FinetuneConfig.from_dict(config.as_dict()) == config
    with pytest.raises(RequestError, match="'head:3' is no phase"):
        FinetuneConfig("d", "resnet20", "o", plan="head:3")


def test_a_plan_for_another_model(picture_folder, tmp_path):
    config = FinetuneConfig(
        data=str(picture_folder),
        model="resnet20",
        output=str(tmp_path / "run"),
        plan="stage4:1@0.1",
        global_batch_size=4,
        image_size=16,
    )
    with pytest.raises(RequestError, match="no stage 'stage4'"):
        finetune_run(config, say=lambda line: None)
    assert not (tmp_path / "run").exists()


def test_as_many_classes_are_not_the_same_classes():
    names = zoo.weights.find_source("resnet20", "cifar10").class_names
    config = FinetuneConfig(
        "d",
        "resnet20",
        "o",
        weights="cifar10",
        image_size=32,
        precision="float32",
    )
    pretrained = zoo.create_model("resnet20", weights="cifar10")
    head = pretrained.get_layer("head_logits").kernel.numpy()
    kept = build_model(config, Classification(names))
    renewed = build_model(
        config, Classification(tuple(f"class {i}" for i in range(10)))
    )
    for model, same in ((kept, True), (renewed, False)):
        kernel = model.get_layer("head_logits").kernel.numpy()
        assert (kernel == head).all() == same
        np.testing.assert_array_equal(
            model.get_layer("stem_conv").kernel,
            pretrained.get_layer("stem_conv").kernel,
        )
    assert np.abs(renewed.get_layer("head_logits").bias.numpy()).max() == 0


def test_a_run_sees_pictures_by_the_rules_of_the_zoo(tmp_path):
    """Whatever its weights say of how a figure of theirs was measured."""
    own = zoo.preprocessing(zoo.create_model("resnet20", weights="cifar10"))
    record = dataclasses.replace(own, geometry="timm", test_size=48)
    published = zoo.create_model(
        "resnet20", weights="cifar10", preprocessing=record
    )
    zoo.save_weights(published, tmp_path / "net.safetensors")
    config = FinetuneConfig(
        *("d", "resnet20", "o"),
        weights=str(tmp_path / "net.safetensors"),
        image_size=32,
        precision="float32",
    )
    model = build_model(config, Classification(("a", "b")))
    assert zoo.preprocessing(model) == own


@pytest.fixture(scope="module")
def smaller(picture_folder, pretrained, tmp_path_factory):
    """Runs that learn at 12 pixels and judge at 16, and what was said."""

    def learn(name, **changes):
        said = []
        config = FinetuneConfig(
            data=str(picture_folder),
            model="resnet20",
            output=str(tmp_path_factory.mktemp("smaller") / name),
            weights=str(pretrained[0]),
            global_batch_size=4,
            image_size=16,
            train_size=12,
            seed=1,
            precision="float32",
            **changes,
        )
        return finetune_run(config, say=said.append), said

    return learn


def test_learning_at_a_smaller_size(smaller, monkeypatch):
    """The kept features and the pictures themselves teach the same."""
    monkeypatch.setattr(
        "pipelines.training.fine_tuning.feature_cache._WORTH", -1e18
    )
    plan = {"plan": "head:2@0.5,stage3:2@0.05", "augmentation": "none"}
    kept, said = smaller("kept", **plan)
    assert ", resnet20 at 16 px, learned at 12, " in said[0].replace(";", ",")
    assert any(" --train_size=12" in line for line in said)
    cached = [line for line in said if "cache" in line]
    assert len(cached) == 1 and cached[0].startswith(
        "  cache: 1 view(s) of 12 pictures below head and stage3, "
    )
    seen, said = smaller("seen", cache=False, **plan)
    assert not any("cache:" in line for line in said)
    for ours, theirs in zip(
        kept.model.variables, seen.model.variables, strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    # Judged, in training and after it, and saved at the size of the model.
    np.testing.assert_allclose(
        kept.history[-1]["val_loss"], kept.metrics["loss"], rtol=1e-5
    )
    assert kept.model.input.shape == (None, 16, 16, 3)
    assert zoo.preprocessing(kept.model).image_size == 16


def test_a_size_of_learning_that_does_not_suit(picture_folder, tmp_path):
    # At 12 pixels its dense layers see as many places as at 16.
    config = FinetuneConfig(
        data=str(picture_folder),
        model="alexnet_cifar",
        output=str(tmp_path / "run"),
        global_batch_size=4,
        image_size=16,
        train_size=8,
    )
    with pytest.raises(
        RequestError, match=r"`train_size=8`: .* Give `train_size=16`"
    ):
        finetune_run(config, say=lambda line: None)
    assert not (tmp_path / "run").exists()
    with pytest.raises(RequestError, match="`train_size=17` is more than the"):
        config.resolved(train_size=17)
    with pytest.raises(RequestError, match="`train_size` has no meaning"):
        config.resolved(probe=True, weights="cifar10")
