"""A folder in Hugging Face's form is read back as the same network."""

import json

import numpy as np
import pytest
import yaml

import zoo
from pipelines.evaluation.saved_models import ModelSource
from pipelines.export import hub_folder
from pipelines.export.hub_folder import export_to_hub
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.head_scaling import LogitScaling
from zoo.weights.files import save_weights

_NAMES = ("Müller's ant", "bee: wild", "名")


@pytest.fixture
def model():
    made = zoo.create_model("alexnet_cifar", classes=3)
    zoo.set_class_names(made, _NAMES)
    zoo.set_logit_scaling(made, LogitScaling((0.5,)))
    return made


def test_it_is_read_back_to_the_bit(model, tmp_path, smooth):
    folder = tmp_path / "net"
    found = export_to_hub(model, folder)
    assert found["largest_error"] == 0 and found["same_class"] == 1
    again = zoo.create_model("alexnet_cifar", weights=str(folder))
    assert zoo.class_names(again) == _NAMES
    assert zoo.logit_scaling(again) == zoo.logit_scaling(model)
    assert zoo.preprocessing(again) == zoo.preprocessing(model)
    images = smooth(32, 32)[np.newaxis]
    np.testing.assert_array_equal(again(images), model(images))


def test_what_the_hub_reads(model, tmp_path):
    export_to_hub(
        model, tmp_path / "net", source=ModelSource("alexnet_cifar", "cifar10")
    )
    names = {path.name for path in (tmp_path / "net").iterdir()}
    assert names == {"README.md", "config.json", "model.safetensors"}
    config = json.loads((tmp_path / "net" / "config.json").read_text())
    assert config["architectures"] == ["alexnet_cifar"]
    assert config["id2label"] == {"0": _NAMES[0], "1": _NAMES[1], "2": "名"}
    card = (tmp_path / "net" / "README.md").read_text()
    metadata = yaml.safe_load(card.split("---")[1])
    assert metadata["pipeline_tag"] == "image-classification"
    assert metadata["license"] == "apache-2.0"
    assert 'zoo.create_model("alexnet_cifar", weights="FOLDER")' in card


def test_what_the_zoo_has_no_name_for_is_refused(tiny, tmp_path):
    with pytest.raises(RequestError, match="built by their name"):
        export_to_hub(tiny(), tmp_path / "net")
    assert not list(tmp_path.iterdir())


def test_what_answers_otherwise_leaves_nothing(model, tmp_path, monkeypatch):
    def damaged(model, path):
        other = zoo.create_model("alexnet_cifar", classes=3)
        zoo.set_class_names(other, _NAMES)
        zoo.set_logit_scaling(other, LogitScaling((0.5,)))
        save_weights(other, path)

    monkeypatch.setattr(hub_folder, "save_weights", damaged)
    with pytest.raises(IntegrityError, match="does not answer as the model"):
        export_to_hub(model, tmp_path / "net")
    assert not list(tmp_path.iterdir())


def test_what_is_called_otherwise_leaves_nothing(model, tmp_path, monkeypatch):
    def nameless(model, path):
        save_weights(zoo.create_model("alexnet_cifar", classes=3), path)

    monkeypatch.setattr(hub_folder, "save_weights", nameless)
    with pytest.raises(IntegrityError, match="another class_names, scaling"):
        export_to_hub(model, tmp_path / "net")
    assert not list(tmp_path.iterdir())
