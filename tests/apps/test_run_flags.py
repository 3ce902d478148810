"""What flags become: fields of a configuration, with a recipe under them."""

import dataclasses

import pytest
from absl import flags

from apps import run_flags
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.runs.config import GROUPS
from pipelines.runs.config import RunConfig
from pipelines.runs.options import RunOptions
from pipelines.runs.recipes import RECIPES
from pipelines.runs.settings import settings_of
from pipelines.runs.settings import types_of
from pipelines.tasks.losses import LOSSES
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.schedules import SCHEDULES
from zoo.errors import RequestError

CONFIGS = (TrainConfig, FinetuneConfig)


@pytest.fixture
def config_of():
    """Returns a function: the configuration that words come to."""
    before = set(flags.FLAGS)

    def forget():
        for name in set(flags.FLAGS) - before:
            delattr(flags.FLAGS, name)
        flags.FLAGS.unparse_flags()

    def parse(*words, config=TrainConfig):
        forget()
        run_flags.define(config, RunOptions)
        flags.FLAGS(["train", "--data=photos", "--output=run", *words])
        return run_flags.read(config)

    yield parse
    forget()


def test_flags_have_the_defaults_of_the_fields(config_of):
    plain = TrainConfig(data="photos", model="resnet50", output="run")
    assert config_of() == plain
    plain = FinetuneConfig("photos", None, "run", weights="auto")
    assert config_of(config=FinetuneConfig) == plain


@pytest.mark.parametrize("config", CONFIGS)
def test_every_row_has_a_flag_and_a_heading(config_of, config):
    config_of(config=config)
    rows = settings_of(config)
    assert not [name for name in rows if name not in flags.FLAGS]
    assert {row.group for row in rows.values()} <= set(GROUPS)
    for name, row in rows.items():
        assert row.help.endswith((".", "…")), name


WORDS = {
    "seed": 3, "balance": 0.5, "shots": 2, "on_bad_image": "skip",
    "precision": "float16", "accumulate": 2, "clip_norm": 1.5,
    "ema": 0.99, "checkpoint_steps": 7, "profile_steps": "3:5",
    "scalar_steps": 9, "optimizer": "lars", "momentum": 0.8,
    "schedule": "step", "warmup": "2ep", "milestones": "5ep,50%",
    "decay": 0.2, "loss": "bce", "target_threshold": 0.3,
    "class_weights": 0.5, "logit_adjustment": 1.0, "label_noise": 0.1,
    "mixup": 0.2, "cutmix": 1.0, "mixing_off_for_last": 3, "repeats": 2,
}  # fmt: skip


@pytest.mark.parametrize("config", CONFIGS)
def test_flags_become_fields(config_of, config):
    words = [f"--{name}={value}" for name, value in WORDS.items()]
    asked = config_of(*words, config=config)
    found = {name: getattr(asked, name) for name in WORDS}
    assert found == {**WORDS, "milestones": ("5ep", "50%")}
    assert config_of("--cycles=2", "--snapshots", config=config).snapshots


def test_a_recipe_lies_under_the_flags(config_of):
    config = config_of("--recipe=cifar_resnet", "--epochs=5")
    assert config.recipe == "cifar_resnet" and config.model == "resnet20"
    assert (config.epochs, config.learning_rate) == (5, 0.2)
    assert (config.optimizer, config.schedule) == ("momentum", "step")
    assert config.milestones == ("50%", "75%")


def test_another_schedule_than_the_recipes(config_of):
    config = config_of("--recipe=cifar_resnet", "--schedule=cosine")
    assert (config.schedule, config.milestones) == ("cosine", ())
    assert (config.warmup, config.learning_rate) == (None, 0.2)


def test_nothing_instead_of_the_recipes(config_of):
    config = config_of("--recipe=resnet_rsb_a3", "--clip_norm=none")
    assert config.clip_norm is None and config.optimizer == "lamb"


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_alone_is_enough(config_of, name, config):
    asked = config_of(f"--recipe={name}", config=config)
    for field, value in RECIPES[name].settings.items():
        assert getattr(asked, field) == value, field


def test_a_plan_instead_of_the_recipes_epochs(config_of):
    words = ("--recipe=cifar_fast", "--plan=head:2@0.1")
    config = config_of(*words, config=FinetuneConfig)
    assert (config.epochs, config.learning_rate) == (None, None)
    assert config.label_smoothing == 0.1


def test_choices_are_those_there_are():
    rows = settings_of(RunConfig)
    assert rows["optimizer"].choices == tuple(OPTIMIZERS)
    assert set(rows["schedule"].choices) == set(SCHEDULES)
    assert rows["loss"].choices == LOSSES
    assert rows["augmentation"].choices == ("auto", *AUGMENTATIONS)
    assert rows["recipe"].choices == tuple(RECIPES)


def test_how_a_run_is_carried_out(config_of):
    config_of()
    usual = RunOptions(resume=True, allow_inexact=False, cluster="auto")
    assert run_flags.read(RunOptions) == usual
    config_of("--noresume", "--allow_inexact", "--cluster=slurm")
    other = RunOptions(resume=False, allow_inexact=True, cluster="slurm")
    assert run_flags.read(RunOptions) == other


def test_a_run_that_nobody_names_has_a_folder(config_of):
    config = config_of("--output=", "--model=resnet20")
    assert config.output.startswith("tensorboard_logs/photos-resnet20-2")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("7", "epochs", 7),
        ("none", "epochs", None),
        ("0.5", "learning_rate", 0.5),
        ("auto", "learning_rate", "auto"),
        ("none", "augmentation", "none"),
        ("5ep, 50%", "milestones", ("5ep", "50%")),
        ("", "milestones", ()),
        ("Yes", "snapshots", True),
        ("f", "snapshots", False),
    ],
)
def test_words_become_values(text, name, value):
    kinds = types_of(RunConfig)[name]
    assert run_flags.value_of(text, kinds) == value


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("--epochs=ten", "`epochs` is a whole number. Received: 'ten'"),
        ("--epochs=1.5", "`epochs` is a whole number. Received: '1.5'"),
        ("--ema=high", "`ema` is a number. Received: 'high'"),
        ("--learning_rate=big", "is a number or 'auto'. Received: 'big'"),
        ("--snapshots=maybe", "is true or false. Received: 'maybe'"),
    ],
)
def test_words_that_are_no_values(config_of, word, message):
    with pytest.raises(flags.IllegalFlagValueError, match=message):
        config_of(word)


def test_what_has_to_be_given(config_of):
    config_of()
    flags.FLAGS["data"].unparse()
    with pytest.raises(run_flags.MissingError) as error:
        run_flags.read(TrainConfig)
    assert error.value.name == "data"


def test_a_library_speaks_of_settings():
    with pytest.raises(RequestError, match="`epochs` is a whole number"):
        FinetuneConfig("photos", None, "run", epochs="ten")
    with pytest.raises(RequestError, match="`epochs` is a whole number"):
        FinetuneConfig("photos", None, "run", epochs="auto")
    fields = {field.name for field in dataclasses.fields(FinetuneConfig)}
    assert fields == set(settings_of(FinetuneConfig))
