"""What flags become: fields of a configuration, with a recipe under them."""

import dataclasses

import pytest
from absl import flags

from apps import run_flags
from apps import train
from pipelines.runs.recipes import RECIPES
from pipelines.runs.recipes import settings_of
from pipelines.training.config import TrainConfig
from pipelines.training.losses import LOSSES
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.schedules import SCHEDULES


@pytest.fixture
def config_of():
    """Returns a function: the configuration that words come to."""
    before = set(flags.FLAGS)
    train.define_flags()

    def parse(*words):
        flags.FLAGS.unparse_flags()
        flags.FLAGS(["train", "--data=photos", "--output=run", *words])
        given = run_flags.given_settings()
        recipe = settings_of(flags.FLAGS.recipe, given)
        return TrainConfig(
            **run_flags.run_settings(recipe),
            **run_flags.learning_settings(recipe),
        )

    yield parse
    for name in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, name)
    flags.FLAGS.unparse_flags()


def test_flags_have_the_defaults_of_the_fields(config_of):
    plain = TrainConfig(data="photos", model="resnet50", output="run")
    assert config_of() == plain


def test_every_field_has_a_flag(config_of):
    words = {
        "seed": 3, "balance": 0.5, "shots": 2, "on_bad_image": "skip",
        "precision": "float16", "accumulate": 2, "clip_norm": 1.5,
        "ema": 0.99, "checkpoint_steps": 7, "profile_steps": "3:5",
        "scalar_steps": 9, "optimizer": "lars", "momentum": 0.8,
        "schedule": "step", "warmup": "2ep", "milestones": "5ep,50%",
        "decay": 0.2, "loss": "bce", "target_threshold": 0.3,
        "class_weights": 0.5, "logit_adjustment": 1.0, "label_noise": 0.1,
        "mixup": 0.2, "cutmix": 1.0, "mixing_off_for_last": 3, "repeats": 2,
    }  # fmt: skip
    config = config_of(*(f"--{n}={value}" for n, value in words.items()))
    found = {name: getattr(config, name) for name in words}
    assert found == {**words, "milestones": ("5ep", "50%")}
    assert config_of("--cycles=2", "--snapshots").snapshots
    named = set(run_flags.run_settings()) | set(run_flags.learning_settings())
    fields = {field.name for field in dataclasses.fields(TrainConfig)}
    # Folds are a command of their own.
    assert fields - named == {"fold"} and named < fields


def test_a_recipe_lies_under_the_flags(config_of):
    config = config_of("--recipe=cifar_resnet", "--epochs=5", "--lr=0.05")
    assert config.recipe == "cifar_resnet" and config.model == "resnet20"
    assert (config.epochs, config.learning_rate) == (5, 0.05)
    assert (config.optimizer, config.schedule) == ("momentum", "step")
    assert config.milestones == ("50%", "75%")


def test_another_schedule_than_the_recipes(config_of):
    config = config_of("--recipe=cifar_resnet", "--schedule=cosine")
    assert (config.schedule, config.milestones) == ("cosine", ())
    assert (config.warmup, config.learning_rate) == (None, 0.2)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_alone_is_enough(config_of, name):
    config = config_of(f"--recipe={name}")
    for field, value in RECIPES[name].settings.items():
        assert getattr(config, field) == value, field


def test_choices_are_those_there_are():
    choices = {name: known for name, known, _ in run_flags.LEARNING_CHOICES}
    assert choices["optimizer"] == tuple(OPTIMIZERS)
    assert set(choices["schedule"]) == set(SCHEDULES)
    assert choices["loss"] == LOSSES


def test_how_a_run_is_carried_out(config_of):
    config_of()
    assert run_flags.run_options() == {
        "resume": True, "allow_inexact": False, "cluster": "auto"
    }  # fmt: skip
    config_of("--noresume", "--allow_inexact", "--cluster=slurm")
    assert run_flags.run_options() == {
        "resume": False, "allow_inexact": True, "cluster": "slurm"
    }  # fmt: skip


def test_a_misspelt_recipe(command):
    answer = command(train, "--data=photos", "--recipe=resnet")
    assert answer.code == 2
    assert "--recipe=resnet is not known. Nearest: resnet2015" in answer.err
