"""Files of this zoo, in its three formats, and what else is in them."""

import dataclasses
import json
import zipfile

import numpy as np
import pytest

import zoo
from pipelines.runs.model_loading import load_model
from zoo import resnet
from zoo.errors import IntegrityError
from zoo.preprocessing import Preprocessing
from zoo.weights import contents


@pytest.fixture
def ours(tiny, tmp_path, fill):
    """A model with everything of its own, in the three formats of ours."""
    record = Preprocessing(
        *(32, (9, 8, 7), (6, 5, 4), 0.7, "bicubic", "timm_squash", 48, 0.9)
    )
    model = fill(tiny("resnet_cifar", classes=3, preprocessing=record))
    zoo.set_class_names(model, ("ant", "bee", "cât"))
    paths = {
        ending: tmp_path / f"net{ending}"
        for ending in (".safetensors", ".weights.h5", ".keras")
    }
    zoo.save_weights(model, paths[".safetensors"])
    model.save_weights(paths[".weights.h5"])
    model.save(paths[".keras"])
    return model, paths


@pytest.mark.parametrize("ending", [".safetensors", ".keras"])
def test_a_file_of_ours_brings_what_the_model_was(ours, tiny, pictures, ending):
    model, paths = ours
    other = tiny("resnet_cifar", weights=paths[ending])
    images = pictures(32, 2)
    assert np.array_equal(other(images), model(images))
    assert zoo.preprocessing(other) == zoo.preprocessing(model)
    assert zoo.class_names(other) == ("ant", "bee", "cât")
    assert zoo.origin(other) == "zoo"
    fewer = tiny("resnet_cifar", classes=2, weights=paths[ending])
    assert zoo.class_names(fewer) is None


def test_files_that_keras_wrote_are_read_by_their_numbers(
    ours, tiny, pictures, values
):
    model, paths = ours
    other = tiny("resnet_cifar", weights=paths[".weights.h5"])
    assert other.output_shape == (None, 3)
    assert all(
        np.array_equal(value, values(other)[key])
        for key, value in values(model).items()
    )
    headless = tiny(
        "resnet_cifar", include_top=False, weights=paths[".weights.h5"]
    )
    report = zoo.load_weights(headless, paths[".weights.h5"])
    assert [key for key, _ in report.skipped] == list(contents.HEAD)


def test_loading_renames_the_classes_and_remarks_the_scale(ours, tiny):
    _, paths = ours
    model = tiny("resnet_cifar", classes=3)
    report = zoo.load_weights(model, paths[".safetensors"])
    assert zoo.class_names(model) == ("ant", "bee", "cât")
    assert "the weights expect pixels by mean and std" in str(report)
    again = tiny("resnet_cifar", weights=paths[".safetensors"])
    assert zoo.load_weights(again, paths[".safetensors"]).remarks == ()


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("preprocessing", "{"),
        ("preprocessing", '{"image_size": 0}'),
        ("preprocessing", '{"image_size": "x"}'),
        ("preprocessing", '{"sides": 3}'),
        ("preprocessing", "[" * 5000),
        ("class_names", '"names"'),
        ("class_names", "[1, 2, 3]"),
        ("thresholds", "0.5"),
        ("thresholds", "[]"),
        ("thresholds", "[0.5, NaN, 0.5]"),
        ("thresholds", '[0.5, 0.5, "0.5"]'),
    ],
)
def test_damaged_metadata_is_an_integrity_error(
    ours, tiny, tmp_path, entry, value
):
    model, _ = ours
    path = tmp_path / "damaged.safetensors"
    zoo.save_weights(model, path, metadata={entry: value})
    with pytest.raises(IntegrityError, match=f"its metadata '{entry}'"):
        tiny("resnet_cifar", weights=path)


def test_a_model_is_built_at_the_size_of_its_weights(tmp_path, pictures):
    """As it was trained, unless it is asked for at another size."""
    path = tmp_path / "net.safetensors"
    trained = zoo.create_model("resnet20", input_shape=(48, 48, 3))
    zoo.save_weights(trained, path)
    model = zoo.create_model("resnet20", weights=path)
    assert model.input_shape == (None, 48, 48, 3)
    assert np.array_equal(model(pictures(48)), trained(pictures(48)))
    small = zoo.create_model("resnet20", weights=path, input_shape=(32, 32, 3))
    assert zoo.preprocessing(small).image_size == 32
    spec = dataclasses.replace(resnet.VARIANTS["resnet20"], image_size=40)
    assert resnet.ResNet(spec, weights=path).input_shape[1] == 40


def test_a_multi_label_model_stays_one(tiny, tmp_path):
    model = tiny("resnet_cifar", classes=2)
    zoo.set_thresholds(model, (0.5, 0.25))
    for ending in (".safetensors", ".weights.h5", ".keras"):
        path = tmp_path / f"net{ending}"
        model.save(path) if ending == ".keras" else zoo.save_weights(
            model, path
        )
        built = tiny("resnet_cifar", weights=path)
        assert zoo.thresholds(built) == (0.5, 0.25), ending
        loaded = tiny("resnet_cifar", classes=2)
        zoo.load_weights(loaded, path)
        assert zoo.thresholds(loaded) == (0.5, 0.25), ending
        more = tiny("resnet_cifar", classes=3, weights=path)
        assert zoo.thresholds(more) is None, ending
        headless = tiny("resnet_cifar", include_top=False, weights=path)
        assert headless.output_shape == (None, 16, 16, 16)


def test_a_file_that_names_its_classes_says_all_of_them(ours, tiny):
    _, paths = ours
    model = tiny("resnet_cifar", classes=3)
    zoo.set_thresholds(model, (0.5,) * 3)
    zoo.load_weights(model, paths[".safetensors"])
    assert zoo.thresholds(model) is None


def test_as_many_thresholds_as_the_head_has_classes(ours, tiny, tmp_path):
    model, _ = ours
    path = tmp_path / "net.safetensors"
    zoo.save_weights(model, path, metadata={"thresholds": "[0.5, 0.5]"})
    with pytest.raises(IntegrityError, match="2 thresholds of classes"):
        tiny("resnet_cifar", weights=path)


def _change_config(path, change):
    """Writes a `.keras` file anew, its layers changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    for layer in config["config"]["layers"]:
        change(layer)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("PatchTokens", ("build_config",)),
        ("PatchTokens", ("build_config", "input_shape")),
        ("PixelScaling", ("config", "preprocessing")),
        ("PixelScaling", ("config", "origin")),
    ],
)
def test_null_in_metadata_is_one_line(tiny, tmp_path, kind, place):
    path = tmp_path / "net.keras"
    tiny("vit", classes=2).save(path)

    def change(layer):
        if layer["class_name"] == kind:
            for name in place[:-1]:
                layer = layer[name]
            layer[place[-1]] = None

    _change_config(path, change)
    with pytest.raises(IntegrityError, match="metadata"):
        tiny("vit", weights=path)


@pytest.mark.parametrize("built", ["x", [3], {"shape": 3}])
def test_a_layer_that_was_never_built_is_one_line(tiny, tmp_path, built):
    path = tmp_path / "net.keras"
    tiny("resnet_cifar", classes=2).save(path)

    def change(layer):
        if layer["class_name"] == "PixelScaling":
            layer["build_config"] = built

    _change_config(path, change)
    with pytest.raises(IntegrityError, match="'build_config' holds no shape"):
        load_model(path)


@pytest.mark.parametrize(
    ("kind", "entry", "words"),
    [
        ("PixelScaling", "origin", "the name of an origin is no text: None"),
        ("SubsampleAndPadChannels", "channels", "of channels is not None"),
        ("Logits", "thresholds", "a threshold is a number in 0…1"),
    ],
)
def test_null_in_a_model_is_one_line(tiny, tmp_path, kind, entry, words):
    path = tmp_path / "net.keras"
    model = tiny("resnet_cifar", classes=2)
    zoo.set_thresholds(model, (0.5, 0.5))
    model.save(path)

    def change(layer):
        if layer["class_name"] == kind:
            held = layer["config"]
            held[entry] = [None] * 2 if kind == "Logits" else None

    _change_config(path, change)
    with pytest.raises(IntegrityError, match=words):
        load_model(path)


def test_a_head_of_another_size_is_left_out_where_its_own_is_wanted():
    """AlexNet's head has a weight for each place of a picture."""
    large = {"weights": "cifar10", "input_shape": (64, 64, 3)}
    with pytest.raises(IntegrityError, match="head_logits/kernel has shape"):
        zoo.create_model("alexnet_cifar", **large)
    model = zoo.create_model("alexnet_cifar", classes=10, **large)
    # These are the classes of the head that was left out.
    assert zoo.class_names(model) is None
    small = zoo.create_model("alexnet_cifar", weights="cifar10", classes=10)
    assert zoo.class_names(small)[0] == "airplane"
    for layer in ("stem_conv", "stage2_conv"):
        np.testing.assert_array_equal(
            model.get_layer(layer).kernel, small.get_layer(layer).kernel
        )
