"""Recipes: what they say, what overrides it, and that they train."""

import dataclasses
import json

import numpy as np
import pytest

import zoo
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.runs.recipes import RECIPES
from pipelines.runs.recipes import find_recipe
from pipelines.runs.recipes import settings_of
from pipelines.tasks.losses import Loss
from pipelines.tasks.losses import loss_of
from pipelines.training.components import optimizer_of
from pipelines.training.components import schedule_of
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig
from pipelines.training.config import recipe_config
from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.from_scratch import train
from zoo.errors import RequestError

# Steps of an epoch of ImageNet and of CIFAR-10 at the paper's batch.
IMAGENET, CIFAR = 1_281_167, 50_000


def config_of(name, **changes):
    settings = {"data": "d", "output": "o", **changes}
    return recipe_config(name, **settings)


@pytest.mark.parametrize(
    ("name", "pictures", "rates"),
    [
        # Rates at epochs, as the papers say them for their batches.
        ("alexnet2012", IMAGENET, {0: 0.01, 21: 1e-3, 41: 1e-4, 61: 1e-5}),
        ("resnet2015", IMAGENET, {0: 0.1, 29: 0.1, 31: 0.01, 61: 1e-3}),
        ("resnet_rsb_a3", IMAGENET, {2.5: 4e-3, 5: 8e-3, 52.5: 4e-3}),
        (
            "efficientnet2019",
            IMAGENET,
            {2.5: 0.128, 6: 0.256 * 0.97**2, 241: 0.256 * 0.97**100},
        ),
        ("cifar_resnet", CIFAR, {0: 0.1, 81: 0.1, 83: 0.01, 124: 1e-3}),
        ("cifar_fast", CIFAR, {0: 0.008, 2: 0.2, 9: 0.008}),
    ],
)
def test_rates_are_those_of_the_paper(name, pictures, rates):
    batch = find_recipe(name).batch
    steps = pictures // batch
    config = config_of(name, global_batch_size=batch)
    phase = Phase("all", config.epochs, config.learning_rate)
    schedule = schedule_of(config, phase, steps)
    for epoch, rate in rates.items():
        found = schedule(round(epoch * steps))
        assert found == pytest.approx(rate, rel=0.01), epoch


@pytest.mark.parametrize(
    ("name", "kind", "settings"),
    [
        ("alexnet2012", "SGDWithL2", {"l2": 5e-4, "nesterov": False}),
        ("resnet2015", "SGDWithL2", {"l2": 1e-4, "nesterov": False}),
        ("resnet_rsb_a3", "LAMB", {"decay": 0.02, "epsilon": 1e-6}),
        (
            "efficientnet2019",
            "RMSpropTF",
            {"l2": 1e-5, "rho": 0.9, "momentum": 0.9, "epsilon": 1e-3},
        ),
        ("cifar_resnet", "SGDWithL2", {"l2": 1e-4, "nesterov": False}),
        ("cifar_fast", "SGDWithL2", {"l2": 5e-4, "nesterov": True}),
    ],
)
def test_optimizers_are_those_of_the_paper(name, kind, settings):
    optimizer = optimizer_of(config_of(name))
    assert type(optimizer).__name__ == kind
    assert optimizer.get_config().items() >= settings.items()


def test_losses_are_those_of_the_papers():
    losses = {name: loss_of(config_of(name), None) for name in RECIPES}
    special = {
        "resnet_rsb_a3": Loss("bce", target_threshold=0.2),
        "efficientnet2019": Loss(label_smoothing=0.1),
        "cifar_fast": Loss(label_smoothing=0.1),
    }
    for name, loss in losses.items():
        assert loss == special.get(name, Loss()), name


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda row: row.name)
def test_what_a_recipe_names_exists(recipe):
    fields = {field.name for field in dataclasses.fields(TrainConfig)}
    assert set(recipe.settings) <= fields
    assert recipe.settings["model"] in zoo.list_models()
    assert recipe.settings["augmentation"] in AUGMENTATIONS
    assert "section" in recipe.paper
    with pytest.raises(TypeError):
        recipe.settings["epochs"] = 1


def test_a_misspelt_name():
    with pytest.raises(RequestError, match=r"resnet2016` is .* Nearest: resn"):
        find_recipe("resnet2016")


def test_what_is_given_overrides():
    config = recipe_config(
        "cifar_resnet", data="d", output="o", epochs=3, weight_decay=0.0
    )
    assert (config.epochs, config.weight_decay) == (3, 0.0)
    assert (config.recipe, config.model) == ("cifar_resnet", "resnet20")
    assert config.milestones == ("50%", "75%")
    assert dict(settings_of(None, {"epochs": 3})) == {}


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"schedule": "cosine"}, {"optimizer", "momentum", "learning_rate"}),
        ({"schedule": "step"}, {"warmup", "milestones", "learning_rate"}),
        ({"optimizer": "adamw"}, {"schedule", "warmup", "milestones"}),
    ],
)
def test_what_belongs_together_goes_together(given, left):
    own = set(find_recipe("cifar_resnet").settings)
    settings = settings_of("cifar_resnet", given)
    assert left <= set(settings) and not set(given) & set(settings)
    gone = {
        "schedule": {"warmup", "milestones"},
        "optimizer": {"learning_rate", "momentum", "weight_decay"},
    }
    (field,) = given
    changed = given[field] != find_recipe("cifar_resnet").settings[field]
    assert own - set(settings) == {field} | (gone[field] if changed else set())
    TrainConfig(data="d", output="o", **settings, **given)


def test_fine_tuning_has_recipes_too():
    config = recipe_config(
        "cifar_fast", kind=FinetuneConfig, data="d", output="o"
    )
    assert (config.schedule, config.learning_rate) == ("one_cycle", 0.4)
    assert config.recipe == "cifar_fast" and config.plan is None


def test_another_size_is_learned_at_too():
    assert config_of("resnet_rsb_a3").train_size == 160
    config = config_of("resnet_rsb_a3", image_size=128)
    assert (config.image_size, config.train_size) == (128, None)


@pytest.mark.parametrize(
    ("name", "given"),
    # The rate of the second falls every 2.4 epochs.
    [
        ("resnet_rsb_a3", {"train_size": 12, "epochs": 1}),
        ("efficientnet2019", {"epochs": 3}),
    ],
)
def test_a_recipe_trains(picture_folder, tmp_path, name, given):
    given = {
        **given,
        "model": "resnet20",
        "image_size": 16,
        # The recipes' own takes longer to trace than the rest.
        "augmentation": "none",
    }
    output = tmp_path / "run"
    config = recipe_config(
        name,
        data=str(picture_folder),
        output=str(output),
        global_batch_size=6,
        precision="float32",
        **given,
    )
    finished = train(config, say=lambda line: None)
    assert len(finished.history) == given["epochs"]
    assert np.isfinite([logs["loss"] for logs in finished.history]).all()
    written = json.loads((output / "config.json").read_text())
    expected = {**settings_of(name, given), **given, "recipe": name}
    for field, value in expected.items():
        assert written[field] == json.loads(json.dumps(value)), field
