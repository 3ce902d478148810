"""Finished models, by folder, file and name."""

import dataclasses

import keras
import numpy as np
import pytest

import zoo
from pipelines.evaluation.saved_models import open_model
from pipelines.evaluation.saved_models import open_snapshots
from zoo.errors import RequestError

NAMES = ("red", "yellow", "blue", "green")


@pytest.fixture(scope="module")
def model(tiny):
    keras.utils.set_random_seed(4)
    return tiny(NAMES)


def test_opening_a_model(model, tmp_path):
    model.save(tmp_path / "model.keras")
    for where in (tmp_path, tmp_path / "model.keras"):
        assert zoo.class_names(open_model(str(where))) == NAMES
    with pytest.raises(
        RequestError, match="=resnet18` is an untrained network"
    ):
        open_model("resnet18")
    with pytest.raises(RequestError, match=r"holds no model\.keras"):
        open_model("resnet2000")


def test_a_folder_without_snapshots(model, tmp_path):
    assert open_snapshots("resnet18") == open_snapshots(str(tmp_path)) == {}
    model.save(tmp_path / "cycle-1.keras")
    assert list(open_snapshots(str(tmp_path))) == ["cycle-1.keras"]
    # A finished run is what counts where there is one.
    model.save(tmp_path / "model.keras")
    assert open_snapshots(str(tmp_path)) == {}


def test_snapshots_of_two_runs_are_refused(model, tiny, tmp_path):
    model.save(tmp_path / "cycle-1.keras")
    tiny(NAMES[::-1]).save(tmp_path / "cycle-2.keras")
    with pytest.raises(
        RequestError, match=r"cycle-2\.keras has other classes .* cycle-1\.ker"
    ):
        open_snapshots(str(tmp_path))


def test_weights_at_the_size_that_they_are_tested_at(tmp_path):
    path = tmp_path / "net.safetensors"
    first = zoo.create_model("resnet20", weights="cifar10")
    record = dataclasses.replace(
        zoo.preprocessing(first),
        geometry="timm",
        test_size=48,
        test_crop_fraction=0.9,
    )
    zoo.save_weights(
        zoo.create_model("resnet20", weights="cifar10", preprocessing=record),
        path,
    )
    usual = open_model("resnet20", str(path))
    assert zoo.preprocessing(usual) == record
    larger = open_model("resnet20", str(path), test_size=True)
    assert larger.input.shape[1:] == (48, 48, 3)
    found = zoo.preprocessing(larger)
    assert found == record.at_test_size()
    assert (found.image_size, found.crop_fraction) == (48, 0.9)
    assert zoo.class_names(larger) == zoo.class_names(first)
    kernels = [m.get_layer("stem_conv").kernel for m in (first, larger)]
    np.testing.assert_array_equal(*kernels)


def test_a_size_for_tests_that_nobody_published(model, tmp_path):
    model.save(tmp_path / "model.keras")
    for name, weights, what in (
        ("resnet20", "cifar10", "`weights=cifar10`"),
        (str(tmp_path), None, "a model that is a file"),
    ):
        with pytest.raises(
            RequestError, match=f"no size is known at which {what} is tested"
        ):
            open_model(name, weights, test_size=True)
