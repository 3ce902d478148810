"""What `finetune` does besides running a plan, on a network of five layers."""

import json
import os
import shlex
import signal

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from pipelines import finetune
from pipelines.runs.interruption import Interrupted
from pipelines.tasks.classification import Classification
from pipelines.training.callbacks import Progress
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.adding_classes import add_classes
from pipelines.training.fine_tuning.adding_classes import widen
from pipelines.training.fine_tuning.comparison import compare_with_scratch
from pipelines.training.fine_tuning.cross_validation import cross_validate
from pipelines.training.fine_tuning.cross_validation import pooled
from pipelines.training.fine_tuning.fine_tuning import find_rate_run
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.fine_tuning.freezing import stage_rates
from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.fine_tuning.rate_finder import find_rate
from pipelines.training.seeds import run_seeds
from zoo.errors import DataError
from zoo.errors import RequestError


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    keras.utils.set_random_seed(3)
    path = tmp_path_factory.mktemp("weights") / "alexnet.safetensors"
    model = zoo.create_model("alexnet_cifar", input_shape=(16, 16, 3))
    zoo.save_weights(model, path)
    return str(path)


@pytest.fixture(scope="module")
def configure(picture_folder, weights, tmp_path_factory):
    """Returns a function: the configuration of a short run."""

    def make(name, **changes):
        settings = {
            "data": str(picture_folder),
            "model": "alexnet_cifar",
            "weights": weights,
            "output": str(tmp_path_factory.mktemp(name) / "run"),
            "image_size": 16,
            "global_batch_size": 4,
            "precision": "float32",
            "plan": "head:2@2,stage2:1@0.2",
        }
        if changes.keys() & {"probe", "epochs", "learning_rate"}:
            settings["plan"] = None
        if "add_classes" in changes:
            settings |= {"model": None, "weights": None, "image_size": None}
        return FinetuneConfig(**(settings | changes))

    return make


@pytest.fixture(scope="module")
def finished(configure):
    return finetune_run(configure("tuned"), say=lambda line: None)


def test_probe(configure, weights):
    said = []
    run = finetune_run(configure("probe", probe=True), say=said.append)
    assert run.history == [] and run.metrics["top1"] > 0.6
    assert "logistic regression on 256 features" in said[-1]
    start = zoo.create_model(
        "alexnet_cifar", weights=weights, classes=3, input_shape=(16, 16, 3)
    )
    for layer in start.layers:
        if layer.name == "head_logits":
            continue
        for ours, theirs in zip(
            run.model.get_layer(layer.name).weights, layer.weights, strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


def test_folds(configure, tmp_path):
    said = []
    config = configure("folds", output=str(tmp_path / "all"), plan="head:1@1")
    metrics = cross_validate(config, 2, say=said.append)
    assert metrics["examples"] == 18 and len(metrics["folds"]) == 2
    assert (tmp_path / "all" / "fold-2" / "model.keras").is_file()
    written = json.loads((tmp_path / "all" / "metrics.json").read_text())
    assert written == metrics and said[-1].startswith("2 folds: top-1 ")
    for folds in (1, 101):
        with pytest.raises(RequestError, match="`folds` lies in 2…100"):
            cross_validate(config, folds)


def test_seeds(configure, tmp_path):
    said = []
    config = configure(
        "seeds", output=str(tmp_path / "all"), plan="head:1@1", seed=3
    )
    metrics = run_seeds(config, 2, finetune_run, say=said.append)
    found = [each["top1"] for each in metrics["runs"]]
    assert metrics["top1"] == pytest.approx(np.mean(found))
    apart = metrics["spread"]["top1"]
    assert apart["standard_deviation"] == pytest.approx(np.std(found, ddof=1))
    assert (apart["least"], apart["most"]) == (min(found), max(found))
    assert metrics["loss"] == pytest.approx(
        np.mean([each["loss"] for each in metrics["runs"]])
    )
    # Each is the run of its seed to the bit.
    alone = finetune_run(
        config.resolved(seed=4, output=str(tmp_path / "alone")),
        say=lambda line: None,
    )
    second = tmp_path / "all" / "seed-4"
    for name in ("loss", "top1"):
        assert alone.metrics[name] == metrics["runs"][1][name]
    assert json.loads((second / "config.json").read_text())["seed"] == 4
    written = json.loads((tmp_path / "all" / "metrics.json").read_text())
    assert written == metrics and said[-1].startswith("2 seeds: top-1 ")
    for seeds in (1, 101):
        with pytest.raises(RequestError, match="`seeds` lies in 2…100"):
            run_seeds(config, seeds, finetune_run)
    last = config.resolved(seed=2**31 - 1, output=str(tmp_path / "none"))
    with pytest.raises(RequestError, match="`seed` lies in 0…"):
        run_seeds(last, 2, finetune_run)
    assert not (tmp_path / "none").exists()


def test_seeds_that_are_done_are_not_done_again(configure, tmp_path):
    config = configure("again", output=str(tmp_path / "all"), plan="head:1@1")
    said, count = [], []

    def run(part, *, options, say, progress):
        if len(count) == 1:
            raise KeyboardInterrupt
        count.append(part.seed)
        return finetune_run(part, options=options, say=say, progress=progress)

    with pytest.raises(KeyboardInterrupt):
        run_seeds(config, 2, run, say=said.append)
    assert not (tmp_path / "all" / "metrics.json").exists()
    metrics = run_seeds(config, 2, finetune_run, say=said.append)
    assert (
        "run 1 of 2, seed-0 is done already" in said
        and len(metrics["runs"]) == 2
    )


def test_pooling_weighs_folds_by_their_pictures():
    def fold(examples, top1):
        return {
            "examples": examples,
            "top1": top1,
            "top5": 1.0,
            "loss": 0.0,
            "seconds": 2.0,
        }

    metrics = pooled([fold(10, 0.5), fold(30, 0.9)], Classification)
    assert metrics["examples"] == 40 and metrics["seconds"] == 4
    assert metrics["top1"] == pytest.approx(0.8)


def test_pretrained_beside_scratch(configure, tmp_path):
    config = configure("compare", output=str(tmp_path / "both"))
    runs = compare_with_scratch(config, say=lambda line: None)
    pretrained, scratch = runs["pretrained"], runs["scratch"]
    assert len(pretrained.history) == len(scratch.history) == 3
    assert scratch.config.weights is None
    with Image.open(tmp_path / "both" / "comparison.png") as picture:
        assert picture.size == (1200, 480)
    assert list((tmp_path / "both" / "comparison").glob("events*"))
    with pytest.raises(RequestError, match="`compare_scratch` compares"):
        compare_with_scratch(configure("none", weights=None))


def test_more_classes(configure, finished, tmp_path):
    more = tmp_path / "more"
    for part, count in (("train", 6), ("val", 3)):
        folder = more / part / "black"
        folder.mkdir(parents=True)
        for i in range(count):
            Image.new("RGB", (20, 20), (i, i, i)).save(folder / f"{i}.png")
    folder = finished.folder.path
    run = add_classes(
        configure("more", data=str(more), add_classes=str(folder)),
        say=lambda line: None,
    )
    assert zoo.class_names(run.model) == ("blue", "green", "red", "black")
    assert run.metrics["examples"] == 9
    assert run.metrics["training_examples"] == 12 + 6
    assert run.metrics["old_top1_before"] == finished.metrics["top1"]
    both = 6 * run.metrics["old_top1"] + 3 * run.metrics["new_top1"]
    assert both / 9 == pytest.approx(run.metrics["top1"])
    written = json.loads((run.folder.path / "metrics.json").read_text())
    assert written == run.metrics
    with pytest.raises(RequestError, match="show no class that the model does"):
        add_classes(configure("same", add_classes=str(folder)))


def test_a_wider_head_says_what_it_said(finished):
    names = ("blue", "green", "red", "black", "white")
    wide = widen(finished.model, names)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), "uint8")
    old, new = finished.model(pixels), wide(pixels)
    np.testing.assert_allclose(new[:, :3], old, atol=1e-5)
    bias = finished.model.get_layer("head_logits").bias.numpy()
    np.testing.assert_allclose(new[:, 3:], np.full((3, 2), bias.min()))
    assert zoo.class_names(wide) == names


def test_only_looking_for_a_rate(configure, monkeypatch):
    monkeypatch.setattr(
        "pipelines.training.fine_tuning.fine_tuning.find_rate",
        lambda *args, **given: find_rate(*args, **given, steps=8),
    )
    said = []
    config = configure("rates", plan=None)
    rate = find_rate_run(config, say=said.append)
    assert 1e-4 <= rate <= 10 and "found in" in said[-1]
    folder = config.output
    with Image.open(f"{folder}/learning_rate.png") as picture:
        assert picture.size == (840, 480)


def test_a_rate_found_becomes_the_plan(configure, monkeypatch):
    monkeypatch.setattr(
        "pipelines.training.fine_tuning.fine_tuning._find_rate",
        lambda *_: 0.125,
    )
    said = []
    config = configure("auto", learning_rate="auto", epochs=1)
    run = finetune_run(config, say=said.append)
    assert run.config.plan == (Phase("head", 1, 0.125),)
    assert "plan: head:1@0.125 by sgd, cosine" in said
    assert "learning_rate=0.125: the middle of where the" in "".join(said)


def test_patience_goes_back_to_the_best(configure):
    said = []
    config = configure("patience", plan="head:6@30", patience=1)
    run = finetune_run(config, say=said.append)
    best = max(logs["val_top1"] for logs in run.history)
    assert run.metrics["top1"] == pytest.approx(best)
    assert any("the best by val_top1" in line for line in said)


def test_shots(configure):
    config = configure(
        "shots", shots=2, plan="head:1@1", global_batch_size=None
    )
    run = finetune_run(config, say=lambda line: None)
    assert run.metrics["training_examples"] == 6
    assert run.config.global_batch_size == 4


def test_the_full_command_says_the_same(configure, finished):
    said = []
    finetune_run(configure("said"), say=said.append)
    command = next(line for line in said if line.startswith("the same in full"))
    words = shlex.split(command.partition(": ")[2])
    assert words[:2] == ["zoo", "finetune"]
    given = dict(word[2:].split("=", 1) for word in words[2:])
    assert given["plan"] == "head:2@2,stage2:1@0.2"
    assert given["augmentation"] == "gentle" and given["balance"] == "0.0"
    assert given["precision"] == "float32" and "epochs" not in given


def test_from_python(picture_folder, weights, tmp_path):
    run = finetune(
        str(picture_folder),
        model="alexnet_cifar",
        weights=weights,
        output=str(tmp_path / "run"),
        image_size=16,
        epochs=1,
        say=lambda line: None,
    )
    assert run.model.output.shape == (None, 3) and len(run.history) == 1
    assert run.report.is_file() and run.report.parent == tmp_path / "run"


def test_stages_learn_at_rates_of_their_own(configure, weights):
    model = zoo.create_model("resnet20")
    factors = dict(
        zip(
            [v.path for v in model.trainable_variables],
            stage_rates(model, 0.5),
            strict=True,
        )
    )
    assert factors["head_logits/kernel"] == 1
    assert factors["stage3_block1_conv1/kernel"] == 0.5
    assert factors["stem_conv_bn/gamma"] == 0.5**4
    moved = []
    for decay in (1.0, 1e-6):
        run = finetune_run(
            configure("rates", stage_lr_decay=decay, plan="all:1@0.5"),
            say=lambda line: None,
        )
        start = zoo.create_model(
            "alexnet_cifar",
            weights=weights,
            classes=3,
            input_shape=(16, 16, 3),
        )
        kernel = start.get_layer("stem_conv").kernel
        change = run.model.get_layer("stem_conv").kernel - kernel
        moved.append(float(np.abs(change).max()))
    assert moved[0] > 1e-3 and moved[1] < 1e-6


_REFUSED = [
    ({"probe": True, "plan": "head:1@1"}, "`probe` takes no steps, so `plan`"),
    ({"probe": True, "patience": 2}, "so `patience` has no meaning"),
    ({"probe": True, "weights": None}, "`probe` is for weights that have"),
    ({"freeze_batch_norm": True, "weights": None}, "`freeze_batch_norm` is fo"),
    ({"stage_lr_decay": 0.5, "weights": None}, "`stage_lr_decay` is for weig"),
    ({"stage_lr_decay": 0.0}, "`stage_lr_decay` is above 0"),
    ({"stage_lr_decay": 1.5}, "`stage_lr_decay` is above 0"),
    ({"patience": -1}, "`patience` lies in 0…1000000"),
    ({"probe": True, "optimizer": "adamw"}, "so `optimizer` has no meaning"),
    ({"probe": True, "mixup": 0.2}, "so `mixup` has no meaning"),
    ({"plan": "head:1@1", "warmup": "2ep"}, "`warmup=2ep` takes"),
    ({"schedule": "step"}, "`schedule=step` falls at `milestones`"),
    ({"shots": 0}, "`shots` lies in 1"),
    ({"balance": 1.5}, "`balance` lies in 0…1"),
    ({"precision": "int8"}, "`precision` is one of auto, float32"),
]


@pytest.mark.parametrize(("settings", "message"), _REFUSED)
def test_what_makes_no_sense_together(settings, message):
    settings = {"weights": "cifar10", **settings}
    with pytest.raises(RequestError, match=message):
        FinetuneConfig("d", "resnet20", "o", **settings)


def test_pictures_of_the_old_run_are_needed(configure, finished, tmp_path):
    copy = tmp_path / "old"
    copy.mkdir()
    (copy / "model.keras").write_bytes(
        (finished.folder.path / "model.keras").read_bytes()
    )
    with pytest.raises(RequestError, match=r"holds no config\.json"):
        add_classes(configure("x", add_classes=str(copy)))
    config = json.loads((finished.folder.path / "config.json").read_text())
    config["data"] = str(tmp_path / "gone")
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises((RequestError, DataError), match="gone"):
        add_classes(configure("y", add_classes=str(copy)))


@pytest.mark.parametrize("stop", [4, 10])
def test_a_stopped_run_goes_on_to_the_bit(configure, monkeypatch, stop):
    """In the phase that learns from features, and in the one that does not."""
    monkeypatch.setattr(
        "pipelines.training.fine_tuning.feature_cache._WORTH", -1e18
    )
    plain, taken = Progress.on_train_batch_end, []

    def count(self, batch, logs=None):
        taken.append(batch)
        if len(taken) == stop:
            os.kill(os.getpid(), signal.SIGTERM)
        plain(self, batch, logs)

    plan = {"plan": "head:3@0.3, all:2@0.1", "patience": 9}
    whole = finetune_run(configure(f"whole{stop}", **plan))
    said = []
    monkeypatch.setattr(Progress, "on_train_batch_end", count)
    config = configure(f"parts{stop}", **plan)
    with pytest.raises(Interrupted):
        finetune_run(config, say=said.append)
    parts = finetune_run(config, say=said.append)
    assert any(f"going on after step {stop}" in line for line in said)
    assert any("cache: " in line for line in said)
    assert len(parts.history) == len(whole.history) == 5
    for one, other in zip(
        whole.model.get_weights(), parts.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "settings", [{"plan": "head:1@0.1"}, {"epochs": 3}, {"probe": True}]
)
def test_finding_a_rate_refuses_what_it_would_ignore(configure, settings):
    with pytest.raises(RequestError, match=f"so `{next(iter(settings))}`"):
        find_rate_run(configure("finding", **settings))


def test_a_probe_refuses_an_augmentation(configure):
    with pytest.raises(RequestError, match="`augmentation` has no meaning"):
        configure("p", probe=True, augmentation="crop")


LEARNING = {
    "adamw, mixed": {
        "optimizer": "adamw",
        "stage_lr_decay": 0.5,
        "mixup": 0.2,
        "cutmix": 1.0,
        "mixing_off_for_last": 1,
        "ema": 0.9,
        "plan": "head:2@0.01, all:2@0.001",
    },
    "lamb, repeated": {
        "optimizer": "lamb",
        "repeats": 2,
        "loss": "bce",
        "class_weights": 0.5,
        "schedule": "polynomial",
        "clip_norm": 1.0,
        "label_noise": 0.2,
        "plan": "head:2@0.01, stage2:2@0.001",
    },
    "one cycle of one phase": {
        "schedule": "cosine",
        "cycles": 2,
        "snapshots": True,
        "plan": "all:3@0.1",
    },
}


# The first of them in every run of the tests, the others where there is time.
_FIRST, *_OTHERS = LEARNING


@pytest.mark.parametrize(
    "name",
    [_FIRST, *(pytest.param(n, marks=pytest.mark.slow) for n in _OTHERS)],
)
def test_a_stopped_run_goes_on_to_the_bit_however_it_learns(
    configure, monkeypatch, name
):
    plain, taken = Progress.on_train_batch_end, []

    def count(self, batch, logs=None):
        taken.append(batch)
        if len(taken) == 7:
            os.kill(os.getpid(), signal.SIGTERM)
        plain(self, batch, logs)

    said = []
    whole = finetune_run(configure("whole", **LEARNING[name]), say=said.append)
    mixed = any("mixed or repeated pictures are always" in s for s in said)
    assert mixed == (name != "one cycle of one phase")
    monkeypatch.setattr(Progress, "on_train_batch_end", count)
    config = configure("parts", **LEARNING[name])
    with pytest.raises(Interrupted):
        finetune_run(config, say=lambda line: None)
    parts = finetune_run(config, say=lambda line: None)
    for one, other in zip(
        whole.model.get_weights(), parts.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    snapshots = list((parts.folder.path / "snapshots").glob("*.keras"))
    assert len(snapshots) == 2 * (name == "one cycle of one phase")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cycles": 2}, "`cycles` is for a rate .* this plan has 2 phases"),
        ({"snapshots": True}, "`snapshots` is for a rate that falls over"),
        ({"progressive_from": 8}, "`progressive_from` shows pictures of grow"),
        ({"warmup": "7st"}, r"`warmup=7st` takes 7 steps, and .* has 6\."),
    ],
)
def test_what_does_not_fit_the_plan_is_refused(configure, settings, message):
    config = configure("refused", **settings)
    with pytest.raises(RequestError, match=message):
        finetune_run(config, say=lambda line: None)
    assert not os.path.exists(config.output)
