"""How long, how deep and how fast a run learns where nobody says it."""

import dataclasses

import numpy as np
import pytest

from pipelines.features.start import Devices
from pipelines.training.choices import Choice
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig
from pipelines.training.defaults import resolve
from pipelines.training.fine_tuning.outlook import Outlook
from pipelines.training.fine_tuning.plan import in_words
from pipelines.training.planning import resolve_plan
from pipelines.training.planning import usual_epochs

CPU = Devices(gpu=False, precision="bfloat16")
COUNTS = np.array([300, 300])
PARAMETERS = {"stem": 5, "stage1": 10, "stage2": 20, "head": 3}


def fine_tuned(**changes):
    settings = {"model": "resnet20", "weights": "cifar10", **changes}
    config = FinetuneConfig("d", output="o", **settings)
    return resolve(config, COUNTS, np.full(600, 300), CPU)


def test_transformers_learn_by_adamw_at_rates_of_their_own():
    found = fine_tuned(model="vit_s16", weights="imagenet")
    assert found.config.optimizer == "adamw"
    assert found.config.stage_lr_decay == 0.75
    parameters = {
        "stem": 1,
        **{f"stage{i}": 9 for i in range(1, 13)},
        "head": 1,
    }
    plan, choices = resolve_plan(found.config, parameters, 600)
    assert in_words(plan) == "head:5@0.001,stage6:24@0.0002,stem:11@0.0001"
    assert choices["epochs"].value == 40
    assert choices["learning_rate"].value == 1e-3
    # What is said is not overruled, and its stages have one rate.
    told = fine_tuned(model="vit_s16", weights="imagenet", optimizer="sgd")
    assert "optimizer" not in told.choices
    assert told.config.stage_lr_decay == 1
    assert fine_tuned(model="vit_s16", weights=None).config.stage_lr_decay == 1


def test_convolutions_learn_as_ever():
    found = fine_tuned()
    assert (found.config.optimizer, found.config.stage_lr_decay) == ("sgd", 1)
    plan, _ = resolve_plan(found.config, PARAMETERS, 800)
    assert in_words(plan) == "head:4@0.4,stage2:18@0.4,stem:8@0.2"
    given = found.config.resolved(epochs=5, learning_rate=0.125)
    plan, choices = resolve_plan(given, PARAMETERS, 800)
    assert sum(phase.epochs for phase in plan) == 5 and choices == {}
    scratch = given.resolved(weights=None)
    plan, _ = resolve_plan(scratch, PARAMETERS, 800)
    assert in_words(plan) == "stem:5@0.125"


def test_lite_learns_by_its_head_where_nobody_has_looked():
    found = fine_tuned(model="efficientnet_lite0", weights="imagenet")
    plan, chosen = resolve_plan(found.config, PARAMETERS, 800)
    assert [(p.stage, p.epochs) for p in plan] == [("head", 30)]
    assert chosen["plan"].value == "head:30@0.4"
    assert chosen["plan"].why == (
        "ImageNet's features serve most pictures as they are"
    )
    scratch = dataclasses.replace(found.config, weights=None)
    plan, _ = resolve_plan(scratch, PARAMETERS, 800)
    assert [p.stage for p in plan] == ["stem"]


@pytest.mark.parametrize("model", ["resnet20", "efficientnet_lite0"])
@pytest.mark.parametrize(
    ("accuracy", "stages"),
    [(0.99, ["head"]), (0.84, ["head", "stage2", "stem"])],
)
def test_what_was_seen_decides_how_deep_a_plan_goes(model, accuracy, stages):
    """Whatever network it is, and only where no plan is given."""
    weights = {"resnet20": "cifar10"}.get(model, "imagenet")
    config = fine_tuned(model=model, weights=weights).config
    outlook = Outlook(800, 2, accuracy)
    plan, chosen = resolve_plan(config, PARAMETERS, 800, outlook)
    assert [phase.stage for phase in plan] == stages
    assert chosen["plan"] == Choice(in_words(plan), outlook.why)
    given = config.resolved(plan="stage1:3@0.1")
    plan, chosen = resolve_plan(given, PARAMETERS, 800, outlook)
    assert in_words(plan) == "stage1:3@0.1" and chosen == {}


def test_training_from_scratch_is_a_plan_of_one_phase():
    config = TrainConfig("d", "resnet20", "o", weights="cifar10")
    config = resolve(config, COUNTS, np.full(600, 32), CPU).config
    plan, _ = resolve_plan(config, {"stem": 1, "head": 1}, 600)
    assert in_words(plan) == "stem:30@0.2"


@pytest.mark.parametrize(
    ("pictures", "epochs"),
    [(1, 100), (240, 100), (320, 75), (799, 30), (800, 30), (50_000, 30)],
)
def test_small_sets_are_shown_more_often(pictures, epochs):
    assert usual_epochs(pictures) == epochs


def test_what_is_not_normalised_learns_slower_below_its_head():
    asked = FinetuneConfig("photos", "alexnet_cifar", "run", weights="cifar10")
    config = asked.resolved(optimizer="sgd", global_batch_size=32, epochs=30)
    rates = [
        [phase.learning_rate for phase in plan]
        for plan, _ in (
            resolve_plan(config, PARAMETERS, 800, is_normalised=known)
            for known in (True, False)
        )
    ]
    head, *below = rates[0]
    assert rates[1] == pytest.approx([head, *(rate / 4 for rate in below)])
