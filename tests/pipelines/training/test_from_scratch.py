"""`train` from end to end: a folder of pictures in, a run folder out."""

import json
import re
import shutil
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.sources.opening import open_splits
from pipelines.evaluation.evaluator import Evaluator
from pipelines.features.start import Devices
from pipelines.tasks.classification import Classification
from pipelines.tasks.losses import Loss
from pipelines.tasks.losses import loss_of
from pipelines.training import components
from pipelines.training.components import schedule_of
from pipelines.training.config import TrainConfig
from pipelines.training.defaults import resolve
from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.from_scratch import train
from pipelines.training.opening import choose_splits
from pipelines.training.opening import with_label_noise
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.optimizers import RMSpropTF
from pipelines.training.preparation import prepare
from zoo.errors import DataError
from zoo.errors import RequestError


@pytest.fixture(scope="module")
def run(picture_folder, tmp_path_factory):
    """One run of two epochs in bfloat16: its folder, metrics and words."""
    output = tmp_path_factory.mktemp("runs") / "first"
    said, checked = [], []
    config = TrainConfig(
        data=str(picture_folder),
        model="resnet20",
        output=str(output),
        epochs=2,
        global_batch_size=6,
        image_size=16,
        seed=3,
        precision="bfloat16",
        label_smoothing=0.1,
    )
    before = set(threading.enumerate())
    finished = train(
        config, say=said.append, progress=lambda *n: checked.append(n)
    )
    # What writes event files has a thread each.
    assert set(threading.enumerate()) <= before
    return config, output, finished.metrics, said, checked


def read(output, name):
    return json.loads((output / name).read_text())


def test_the_run_folder_is_complete(run):
    _, output, *_ = run
    files = {
        str(path.relative_to(output))
        for path in output.rglob("*")
        if path.is_file() and "tfevents" not in path.name
    }
    assert files == {
        "config.json",
        "metrics.json",
        "predictions.csv",
        "report.html",
        "card.md",
        "history.json",
        "model.keras",
        "split.csv",
        "split.classes.json",
        ".lock",
        "checkpoints/best.safetensors",
        "checkpoints/0000000004/MANIFEST.json",
        "checkpoints/0000000004/state.safetensors",
        "checkpoints/0000000004/weights.safetensors",
    }
    for part in ("train", "validation"):
        assert len(list((output / part).glob("*tfevents*"))) == 1


def test_the_card_has_the_metrics(run):
    _, output, metrics, *_ = run
    _, head, text = (output / "card.md").read_text().split("---\n", 2)
    (found,) = yaml.safe_load(head)["model-index"][0]["results"]
    for each in found["metrics"]:
        assert each["value"] == metrics[each["type"]]
    assert found["metrics"][0]["type"] == "top1"
    # The training part and the held-out one.
    assert len(re.findall(r"\| `[0-9a-f]{64}` \|", text)) == 2


def test_the_metrics(run):
    _, output, metrics, *_ = run
    assert read(output, "metrics.json") == metrics
    assert set(metrics) == {
        "examples",
        "loss",
        "top1",
        "top5",
        "seconds",
        "epochs",
        "training_examples",
    }
    assert metrics["examples"] == 6 and metrics["training_examples"] == 12
    assert metrics["epochs"] == 2 and metrics["top5"] == 1
    assert metrics["top1"] * 6 == pytest.approx(round(metrics["top1"] * 6))


CHOSEN = ("learning_rate", "augmentation", "balance", "train_size")


def test_the_config_is_resolved(run):
    config, output, *_ = run
    written = read(output, "config.json")
    asked = json.loads(json.dumps(config.as_dict()))
    for name, value in asked.items():
        if name not in CHOSEN:
            assert written[name] == value, name
    assert written["train_size"] == written["image_size"] == 16
    assert written["learning_rate"] == OPTIMIZERS["sgd"].learning_rate
    # 20 to 23 pixels are more than 1.25 times 16.
    assert written["augmentation"] == "standard"
    assert written["class_names"] == ["blue", "green", "red"]
    assert written["balance"] == 0
    assert written["versions"]["keras"] == keras.__version__


def test_the_history(run):
    _, output, *_ = run
    history = read(output, "history.json")
    assert [logs["epoch"] for logs in history] == [1, 2]
    assert all(np.isfinite(logs["loss"]) for logs in history)
    # The last step's rate: 4 steps, no warm-up, a whole half-cosine.
    peak = 0.2 * 6 / 256
    last = peak * (1 + np.cos(np.pi * 3 / 4)) / 2
    assert history[1]["learning_rate"] == pytest.approx(last, rel=1e-5)


def test_the_saved_model_gives_the_metrics_again(run, picture_folder):
    _, output, metrics, *_ = run
    model = keras.models.load_model(output / "model.keras")
    # What trained it need not be there to load it.
    assert not model.compiled
    assert zoo.class_names(model) == ("blue", "green", "red")
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}
    assert not any(layer.__module__.startswith("pipelines")
                   for layer in model.layers)  # fmt: skip
    record = zoo.preprocessing(model)
    assert record.image_size == 16
    examples = open_splits(str(picture_folder)).validation
    again = Evaluator(
        model, tf.distribute.get_strategy(), Classification()
    ).evaluate(evaluation_data(examples, record, batch_size=4))
    assert again["top1"] == metrics["top1"]
    assert again["loss"] == pytest.approx(metrics["loss"], abs=1e-5)


def test_the_last_checkpoint_is_the_saved_model(run):
    _, output, *_ = run
    model = keras.models.load_model(output / "model.keras")
    weights = model.get_weights()
    last = output / "checkpoints" / "0000000004" / "weights.safetensors"
    zoo.load_weights(model, last)
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_is_said(run):
    *_, said, checked = run
    # A test of what is printed types it (tests/apps).
    (full,) = [line for line in said if line.startswith("the same in full: ")]
    assert [line for line in said if line is not full] == [
        "12 pictures to train on, 6 to judge by, 3 classes; resnet20 at "
        "16 px, bfloat16, 1 CPU device(s)",
        "chosen, where nothing else is asked for:",
        "  learning_rate=0.2: the usual of sgd",
        "  augmentation=standard: the pictures are larger than 16 px",
        "  balance=0.0: the classes are of similar sizes",
        "  train_size=16: the size that is judged",
        "sgd, learning rate up to 0.004688 for batches of 6, warm-up 0 "
        "steps, cosine, 2 epochs of 2 steps",
    ]
    assert checked == [(12, 18), (18, 18)]


def test_the_global_precision_is_left_alone(run):
    assert keras.config.dtype_policy().name == "float32"


def test_the_cycles_fill_the_run():
    config = TrainConfig("d", "resnet20", "o", epochs=10, cycles=3,
                         learning_rate=0.1, global_batch_size=128)  # fmt: skip
    schedule = schedule_of(config, Phase("all", 10, 0.1), 74)
    # 740 steps, 37 of warm-up, then cycles of 100, 201 and 402.
    assert schedule.warmup == 37 and schedule.ends == (137, 338, 740)
    assert schedule.peak == 0.05
    starts = [37, 137, 338]
    assert [schedule(step) for step in starts] == [0.05] * 3
    assert schedule(739) < 2e-5


BASE = {"model": "resnet20", "global_batch_size": 6, "image_size": 16}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "resnet21"}, r"No model is called 'resnet21'\. Nearest: re"),
        ({"augmentation": "wild"}, "`augmentation` is one of auto, "),
        ({"data": "/nowhere"}, r"`data`: there is no folder /nowhere"),
        (
            {"global_batch_size": 13},
            r"=13` is more than the 12 .* at most 12\.",
        ),
        ({"image_size": 23}, r"shorter side has 2\d pixels, the crop needs 23"),
    ],
)
def test_refusals_write_nothing(picture_folder, tmp_path, changes, message):
    output = tmp_path / "run"
    settings = {"data": str(picture_folder), "output": str(output), **BASE}
    with pytest.raises((RequestError, DataError), match=message):
        train(TrainConfig(**settings | changes), say=lambda line: None)
    assert not output.exists()


def test_pictures_to_learn_from_have_a_size_of_their_own(
    picture_folder, tmp_path
):
    config = TrainConfig(
        data=str(picture_folder),
        output=str(tmp_path / "run"),
        train_size=12,
        **BASE,
    )
    run = prepare(config, say=lambda line: None)
    with run.folder:
        learned, _ = run.training_data().dataset.element_spec
        judged, *_ = run.validation_data().dataset.element_spec
    assert learned.shape == (6, 12, 12, 3)
    assert judged.shape == (6, 16, 16, 3)
    assert run.train_model().input.shape == (None, 12, 12, 3)
    assert run.model.input.shape == (None, 16, 16, 3)


def test_a_folder_without_a_training_part(picture_folder, tmp_path):
    root = tmp_path / "judge"
    root.mkdir()
    (root / "val").symlink_to(picture_folder / "val")
    config = TrainConfig(data=str(root), output=str(tmp_path / "run"), **BASE)
    with pytest.raises(DataError, match="has no training part, only one to"):
        train(config, say=lambda line: None)


def test_a_taken_folder(run):
    with pytest.raises(RequestError, match="already holds a finished run"):
        train(run[0], say=lambda line: None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mixup": -1}, "`mixup` lies in 0…100"),
        ({"repeats": 0}, "`repeats` lies in 1…"),
        ({"learning_rate": "auto"}, "Only fine-tuning chooses"),
        ({"on_bad_image": "keep"}, "`on_bad_image` is one of fail, skip"),
        ({"epochs": 0}, r"`epochs` lies in 1…1000000\. Received: 0"),
        ({"global_batch_size": 0}, "`global_batch_size` lies in 1…"),
        ({"image_size": 7}, "`image_size` lies in 8…4096"),
        ({"train_size": 7}, "`train_size` lies in 8…4096"),
        ({"weight_decay": -1e-9}, "`weight_decay` lies in 0…1"),
        ({"label_smoothing": 1.0}, "`label_smoothing` lies in 0…0.999"),
        ({"seed": -1}, "`seed` lies in"),
        ({"learning_rate": 0.0}, r"`learning_rate` is above 0\. Received: 0"),
        (
            {"precision": "float64"},
            "`precision` is one of auto, float32, bfloat16, float16",
        ),
        ({"cycles": 0}, "`cycles` lies in 1…12"),
        ({"cycles": 13}, "`cycles` lies in 1…12"),
        ({"accumulate": 0}, "`accumulate` lies in 1…4096"),
        ({"clip_norm": 0.0}, r"`clip_norm` is above 0\. Received: 0"),
        ({"clip_norm": float("nan")}, "`clip_norm` is above 0"),
        ({"ema": 0.0}, "`ema` is above 0 and below 1"),
        ({"ema": 1.0}, "`ema` is above 0 and below 1"),
        ({"checkpoint_steps": 0}, "`checkpoint_steps` lies in 1…"),
        ({"profile_steps": "10"}, r"such as 100:110\. Received: '10'"),
        ({"profile_steps": "9:3"}, "`profile_steps` is the first and the"),
        ({"scalar_steps": 0}, "`scalar_steps` lies in 1…"),
        ({"optimizer": "adam"}, "`optimizer` is one of sgd, momentum, adamw"),
        ({"momentum": 1.0}, "`momentum` lies in 0…0.9999"),
        ({"schedule": "linear"}, "`schedule` is one of cosine, one_cycle"),
        ({"schedule": "step"}, "`schedule=step` falls at `milestones`"),
        ({"warmup": "3"}, "A duration is a number and its unit"),
        ({"warmup": "30ep"}, "`warmup=30ep` takes .* Give a shorter one"),
        ({"warmup": "2ep", "epochs": 2}, "`warmup=2ep` takes"),
        ({"schedule": "polynomial", "decay": 0.0}, "power is above 0"),
        ({"snapshots": True, "schedule": "constant"}, "`snapshots` is for"),
        ({"loss": "hinge"}, "`loss` is one of softmax, bce"),
        ({"target_threshold": 0.2}, "which only `loss=bce` can take"),
        ({"class_weights": 1.1}, "`class_weights` lies in 0…1"),
        ({"logit_adjustment": -1.0}, "`logit_adjustment` lies in 0…10"),
        ({"label_noise": 1.1}, "`label_noise` lies in 0…1"),
    ],
)
def test_values_out_of_range(changes, message):
    with pytest.raises(RequestError, match=message):
        TrainConfig(data="d", output="o", model="resnet20", **changes)


def test_mixed_and_repeated_pictures(picture_folder, tmp_path):
    config = TrainConfig(
        data=str(picture_folder),
        output=str(tmp_path / "run"),
        **BASE | {"global_batch_size": 4, "epochs": 2},
        mixup=0.4,
        cutmix=1.0,
        mixing_off_for_last=1,
        repeats=2,
    )
    assert components.mixing_of(config, epochs=2).epochs == 1
    finished = train(config, say=lambda line: None)
    assert all(np.isfinite(logs["loss"]) for logs in finished.history)
    assert len(finished.history) == 2


def test_bad_pictures_are_left_out_or_refused(picture_folder, tmp_path):
    root = tmp_path / "photos"
    shutil.copytree(picture_folder, root)
    bad = root / "train" / "red" / "broken.jpg"
    bad.write_bytes(b"no picture")
    settings = BASE | {"data": str(root), "epochs": 1, "global_batch_size": 4}
    refused = TrainConfig(**settings, output=str(tmp_path / "refused"))
    with pytest.raises(DataError, match=r"broken\.jpg"):
        train(refused, say=lambda line: None)
    said = []
    config = TrainConfig(
        **settings, output=str(tmp_path / "run"), on_bad_image="skip"
    )
    finished = train(config, say=said.append)
    assert finished.metrics["training_examples"] == 12
    assert "skipped 1 of 19 pictures" in said[0] and "broken.jpg" in said[0]


def config_of(**changes):
    settings = {"data": "d", "output": "o", "model": "resnet20"}
    return TrainConfig(**settings | changes)


def resolved(**changes):
    """Of 8 and 80 small pictures."""
    counts, sides = np.array([8, 80]), np.full(88, 32)
    devices = Devices(gpu=False, precision="float32")
    return resolve(config_of(**changes), counts, sides, devices)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_has_a_rate_of_its_own(name):
    found = resolved(optimizer=name)
    assert found.config.learning_rate == OPTIMIZERS[name].learning_rate
    assert found.choices["learning_rate"].why == f"the usual of {name}"
    config = config_of(optimizer=name, weight_decay=0.03, momentum=0.7)
    optimizer = components.optimizer_of(config)
    settings = optimizer.get_config()
    assert 0.03 in settings.values() and 0.7 in settings.values()
    assert settings.get("nesterov", False) == (name == "sgd")


def test_float16_has_a_loss_scale():
    config = config_of(precision="float16", optimizer="rmsprop")
    optimizer = components.optimizer_of(config)
    assert type(optimizer) is keras.optimizers.LossScaleOptimizer
    assert type(optimizer.inner_optimizer) is RMSpropTF


def test_the_loss_counts_the_classes(held):
    examples = held([b""] * 10, [0] * 8 + [1] * 2, ("a", "b"))
    config = config_of(class_weights=1.0, label_smoothing=0.1)
    loss = loss_of(config, examples)
    assert loss == Loss(label_smoothing=0.1, class_weights=(0.625, 2.5))
    config = config_of(logit_adjustment=2.0, loss="bce", target_threshold=0.2)
    loss = loss_of(config, examples)
    expected = [2 * np.log(0.8), 2 * np.log(0.2)]
    assert loss.adjustment == pytest.approx(expected, rel=1e-6)
    assert (loss.kind, loss.target_threshold) == ("bce", 0.2)
    assert loss_of(config_of(), None) == Loss()


def test_what_the_loss_makes_up_for_is_not_made_up_for_twice():
    assert resolved().config.balance == 0.5
    assert resolved(class_weights=0.5).config.balance == 0
    found = resolved(logit_adjustment=1.0)
    assert found.config.balance == 0
    assert "the loss makes up" in found.choices["balance"].why
    found = resolved(logit_adjustment=1.0, balance=0.25)
    assert found.config.balance == 0.25 and "balance" not in found.choices


def test_labels_are_made_wrong_in_training_only(picture_folder):
    config = config_of(data=str(picture_folder))
    clean = choose_splits(config)
    assert with_label_noise(config, clean) is clean
    noisy = with_label_noise(config.resolved(label_noise=0.5), clean)
    assert (clean.train.labels != noisy.train.labels).sum() == 6
    np.testing.assert_array_equal(
        clean.validation.labels, noisy.validation.labels
    )
    assert clean.train.read([0]) == noisy.train.read([0])
