"""What a mode has no use for is known of every setting."""

import dataclasses

import pytest

from pipelines.runs.modes import refuse_unused
from pipelines.runs.modes import unused
from pipelines.runs.modes import unused_names
from pipelines.training.config import FinetuneConfig
from zoo.errors import RequestError

ALL = {field.name for field in dataclasses.fields(FinetuneConfig)}
# What says which pictures, which network and where: a probe has use for it.
WITHOUT_STEPS = {
    "data", "model", "output", "weights", "image_column", "label_column",
    "group_column", "label_separator", "task", "shots", "fold", "label_noise",
    "seed", "global_batch_size", "image_size", "orientation", "upscale",
    "on_bad_image", "threshold_part", "calibration_part", "precision", "maps",
    "probe", "add_classes",
}  # fmt: skip


# Looking for a rate takes steps, but never comes to a second epoch.
OF_LOOKING = {
    "train_size", "augmentation", "mixup", "cutmix", "repeats", "balance",
    "optimizer", "momentum", "weight_decay", "clip_norm", "loss",
    "label_smoothing", "target_threshold", "class_weights", "logit_adjustment",
    "accumulate", "stage_lr_decay",
}  # fmt: skip
UNUSED = {
    "probe": ALL - WITHOUT_STEPS,
    "find_lr": ALL - WITHOUT_STEPS - OF_LOOKING | {"probe", "maps"},
    "compare_scratch": {"probe"},
    "add_classes": {"probe", "fold", "shots", "model", "weights", "image_size"},
    "folds": {"fold"},
}
GIVEN = [(mode, name) for mode in UNUSED for name in sorted(UNUSED[mode])]


def asked(**settings):
    given = {"model": None, "weights": None, **settings}
    return FinetuneConfig("photos", output="run", **given)


@pytest.mark.parametrize("mode", UNUSED)
def test_every_setting_is_used_or_is_not(mode):
    assert set(unused_names(FinetuneConfig, mode)) == UNUSED[mode]


@pytest.mark.parametrize(("mode", "name"), GIVEN)
def test_what_is_not_used_is_refused_by_name(mode, name):
    config = asked()
    assert unused(config, mode) == []
    refuse_unused(config, mode)
    # Whether the value is a good one is not asked here.
    object.__setattr__(config, name, "something")
    assert unused(config, mode) == [name]
    assert unused(config, mode, [name]) == []
    with pytest.raises(RequestError, match=f"`{mode}` .*, so `{name}` has no"):
        refuse_unused(config, mode)


@pytest.mark.parametrize(
    "settings",
    [
        {"probe": True, "weights": "cifar10", "clip_norm": 1.0},
        {"probe": True, "weights": "cifar10", "cache": False},
    ],
)
def test_a_configuration_refuses_it_by_itself(settings):
    with pytest.raises(RequestError, match="has no meaning with it"):
        asked(**settings)


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({"augmentation": "none", "balance": 0.0}, "probe"),
        ({"train_size": 32, "image_size": 32}, "probe"),
        ({"probe": False}, "compare_scratch"),
        ({"weights": "auto"}, "add_classes"),
    ],
)
def test_what_asks_for_nothing(settings, mode):
    refuse_unused(asked(**settings), mode)


def test_pictures_that_are_not_mixed_are_not_mixed_at_the_end():
    message = "`mixing_off_for_last` has no meaning without `mixup` or `cutmix`"
    with pytest.raises(RequestError, match=message):
        asked(mixing_off_for_last=5)
    asked(mixing_off_for_last=5, cutmix=1.0)
