"""What a probe has no use for is known of every setting."""

import dataclasses

import pytest

from pipelines.training.config import FinetuneConfig
from pipelines.training.of_steps import OF_STEPS
from pipelines.training.of_steps import steps_asked
from zoo.errors import RequestError

# What says which pictures, which network and where: a probe has use for it.
WITHOUT_STEPS = {
    "data", "model", "output", "weights", "image_column", "label_column",
    "group_column", "label_separator", "task", "shots", "fold", "label_noise",
    "seed", "global_batch_size", "image_size", "orientation", "upscale",
    "on_bad_image", "threshold_part", "calibration_part", "precision", "probe",
    "add_classes",
}  # fmt: skip


def test_every_setting_is_of_steps_or_is_not():
    names = {field.name for field in dataclasses.fields(FinetuneConfig)}
    assert names == OF_STEPS.keys() | WITHOUT_STEPS
    assert not OF_STEPS.keys() & WITHOUT_STEPS


@pytest.mark.parametrize("name", OF_STEPS)
def test_whatever_is_of_steps_asks_for_them(name):
    config = FinetuneConfig("photos", "resnet20", "run", weights="cifar10")
    assert steps_asked(config) == []
    # Whether the value is a good one is not asked here.
    object.__setattr__(config, name, "something")
    assert steps_asked(config) == [name]
    assert steps_asked(config, [name]) == []


def test_a_probe_refuses_them():
    with pytest.raises(RequestError, match="so `clip_norm` has no meaning"):
        FinetuneConfig(
            "photos",
            "resnet20",
            "run",
            weights="cifar10",
            probe=True,
            clip_norm=1.0,
        )
