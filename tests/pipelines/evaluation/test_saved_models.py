"""Finished models, by folder, file and name."""

import keras
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
