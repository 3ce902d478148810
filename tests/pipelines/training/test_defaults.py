"""What is chosen where nobody says it, and why."""

import numpy as np
import pytest

from pipelines.features.start import LITE as LITE_START
from pipelines.features.start import Devices
from pipelines.features.start import Start
from pipelines.runs.settings import settings_of
from pipelines.training import defaults
from pipelines.training import planning
from pipelines.training.config import EPOCHS
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig
from pipelines.training.defaults import resolve
from pipelines.training.defaults import usual_warmup
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.schedules import SCHEDULES
from zoo.weights import WeightsSource

CPU = Devices(gpu=False, precision="bfloat16")
LITE = Devices(gpu=False, precision="bfloat16", lite=True)
COUNTS = np.array([300, 300])


def fine_tuned(side=300, devices=CPU, counts=COUNTS, **changes):
    settings = {"model": "resnet20", "weights": "cifar10", **changes}
    config = FinetuneConfig("d", output="o", **settings)
    return resolve(config, counts, np.full(int(counts.sum()), side), devices)


@pytest.mark.parametrize(
    ("side", "devices", "start", "why"),
    [
        (32, CPU, ("resnet20", "cifar10"), "48 px or less"),
        (300, CPU, ("mobilenetv3_large", "imagenet"), "with no GPU"),
        (32, LITE, ("resnet20", "cifar10"), "48 px or less"),
        (300, LITE, ("efficientnet_lite0", "imagenet"), "weights are here"),
        (
            300,
            Devices(gpu=True, precision="float32", lite=True),
            ("resnet50", "imagenet"),
            "with a GPU",
        ),
        (
            300,
            Devices(gpu=True, precision="float32"),
            ("resnet50", "imagenet"),
            "with a GPU",
        ),
        (
            300,
            Devices(gpu=False, precision="float32", fetched=False),
            ("resnet20", "cifar10"),
            "cannot be fetched from https://",
        ),
    ],
)
def test_a_start_is_chosen(side, devices, start, why):
    found = fine_tuned(side, devices, model=None, weights="auto")
    assert (found.config.model, found.config.weights) == start
    assert why in found.choices["model"].why


@pytest.mark.parametrize(
    ("side", "size"), [(49, 64), (100, 96), (223, 192), (224, 256), (500, 256)]
)
def test_lite_sees_what_the_pictures_hold(side, size):
    found = fine_tuned(side, LITE, model=None, weights="auto")
    assert found.config.image_size == found.config.train_size == size
    found = fine_tuned(side, LITE, model="efficientnet_lite0")
    assert found.config.image_size == max(224, size)


def test_weights_follow_the_model():
    def weights_of(model):
        return fine_tuned(model=model, weights="auto").config.weights

    assert weights_of("resnet20") == "cifar10"
    assert weights_of("resnet50") == "imagenet"
    assert weights_of("resnet110") is None


def test_whether_weights_can_be_fetched(monkeypatch):
    def unreachable(address):
        raise OSError("no network")

    monkeypatch.setattr("pipelines.features.start._reach", unreachable)
    monkeypatch.setattr(WeightsSource, "here", None)
    assert not LITE_START.is_here
    assert not Start("mobilenetv3_large", "imagenet").fetch()
    assert Start("resnet20", "cifar10").fetch()
    monkeypatch.setattr(WeightsSource, "here", "installed")
    monkeypatch.setattr(WeightsSource, "fetch", lambda self: "path")
    assert LITE_START.is_here and LITE_START.fetch()


def test_what_is_given_is_not_chosen():
    given = {
        "image_size": 48,
        "train_size": 40,
        "augmentation": "crop",
        "balance": 0.25,
        "global_batch_size": 7,
        "precision": "float32",
        "optimizer": "lamb",
        "stage_lr_decay": 0.5,
    }
    found = fine_tuned(**given)
    assert found.choices == {}
    assert {n: getattr(found.config, n) for n in given} == given


@pytest.mark.parametrize(("side", "size"), [(64, 64), (63, 32), (300, 64)])
def test_small_networks_see_photos_at_twice_their_size(side, size):
    found = fine_tuned(side)
    assert found.config.image_size == found.config.train_size == size
    assert ("twice" in found.choices["image_size"].why) == (size == 64)
    config = TrainConfig("d", "resnet20", "o")
    scratch = resolve(config, COUNTS, np.full(600, side), CPU)
    assert scratch.config.image_size == 32


@pytest.mark.parametrize(
    ("side", "name"), [(40, "shift"), (41, "standard"), (300, "standard")]
)
def test_augmentation_by_the_size_of_pictures(side, name):
    config = TrainConfig("d", "resnet20", "o")
    found = resolve(config, COUNTS, np.full(600, side), CPU)
    assert found.config.augmentation == name
    gentle = fine_tuned(side, image_size=32).config.augmentation
    assert gentle == name.replace("standard", "gentle")


@pytest.mark.parametrize(
    ("counts", "balance"), [((300, 100), 0.0), ((301, 100), 0.5)]
)
def test_balance_by_the_sizes_of_classes(counts, balance):
    found = fine_tuned(counts=np.array(counts))
    assert found.config.balance == balance
    assert ("100 to 301" in found.choices["balance"].why) == (balance > 0)


@pytest.mark.parametrize(("count", "batch"), [(9, 8), (32, 32), (500, 32)])
def test_batches_are_no_larger_than_the_set(count, batch):
    found = fine_tuned(counts=np.array([count]))
    assert found.config.global_batch_size == batch
    assert found.config.precision == "bfloat16"


def test_help_says_what_is_chosen():
    """The words of a row, which people read, and what becomes of it."""
    said = {}
    for config in (
        TrainConfig("d", "resnet20", "o"),
        FinetuneConfig("d", "resnet20", "o", weights="cifar10"),
    ):
        rows = settings_of(type(config))
        usual = defaults.usual_of(config)
        words = f"{usual.batch}, or less where there are fewer"
        assert rows["global_batch_size"].usual == words
        found = resolve(config, COUNTS, np.full(600, 300), CPU)
        said[type(config)] = found.config.augmentation
    assert "for photos {}, and {} in fine-tuning".format(*said.values()) in (
        rows["augmentation"].help
    )
    assert rows["epochs"].usual == (
        f"{EPOCHS}, and up to {planning.MOST_EPOCHS} for few pictures"
    )
    sgd = OPTIMIZERS["sgd"].fine_tuning_rate
    assert rows["learning_rate"].usual == f"by the optimizer, {sgd} for sgd"
    assert rows["warmup"].usual.startswith(f"{usual.warmup}, and ")
    decay = defaults._TRANSFORMER_DECAY
    assert f"and {decay} for Vision" in rows["stage_lr_decay"].usual
    rows = settings_of(TrainConfig)
    assert rows["epochs"].usual == str(EPOCHS)
    own = SCHEDULES["cosine"].warmup, SCHEDULES["one_cycle"].warmup
    assert rows["warmup"].usual == "{}, and {} in one_cycle".format(*own)


def test_the_usual_warm_up():
    assert usual_warmup(TrainConfig("d", "resnet20", "o")) is None
    assert usual_warmup(FinetuneConfig("d", "resnet20", "o")) == "10%"
    cycle = FinetuneConfig("d", "resnet20", "o", schedule="one_cycle")
    assert usual_warmup(cycle) is None
