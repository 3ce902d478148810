"""Files of other libraries: whose they are, and whether they fit."""

import dataclasses

import numpy as np
import pytest

import zoo
from zoo import resnet
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing
from zoo.weights import sources
from zoo.weights.files import variable_names
from zoo.weights.origins import find_origin


def test_a_file_tells_whose_it_is_and_how_many_classes_it_has(
    torchvision, pictures
):
    model = resnet.ResNet(
        dataclasses.replace(torchvision.spec, classes=1000),
        weights=torchvision.path,
    )
    images = pictures(32, 2)
    assert model.output_shape == (None, 5)
    assert zoo.origin(model) == "torchvision"
    assert np.array_equal(model(images), torchvision.model(images))


def test_the_report_of_a_foreign_file(torchvision):
    model = resnet.ResNet(torchvision.spec)
    report = zoo.load_weights(model, torchvision.path)
    assert report.matched == tuple(variable_names(model))
    assert report.origin == "torchvision" and not report.skipped
    assert str(report) == f"{len(report.matched)} tensors of torchvision loaded"


def test_wrappers_of_training_scripts_are_taken_off(torchvision):
    wrapped = {f"module.{k}": v for k, v in torchvision.tensors.items()}
    report = zoo.load_weights(resnet.ResNet(torchvision.spec), wrapped)
    assert report.initial == ()


def test_every_mismatch_is_named_in_both_languages(
    torchvision, fill, values, unchanged
):
    tensors = torchvision.tensors
    del tensors["layer1.0.bn1.weight"]
    tensors["layer2.0.conv1.weight"] = np.zeros((9, 4, 3, 3), "float32")
    tensors["layer3.0.conv1.weight"] = np.zeros(5, "float32")
    tensors["layer9.0.conv1.weight"] = np.zeros(1, "float32")
    model = fill(resnet.ResNet(torchvision.spec), seed=1)
    before = values(model)
    with pytest.raises(IntegrityError) as caught:
        zoo.load_weights(model, tensors)
    message = str(caught.value)
    for part in (
        "stage1_block1_conv1_bn/gamma (layer1.0.bn1.weight in the file) is "
        "missing",
        "stage2_block1_conv1/kernel (layer2.0.conv1.weight in the file) has "
        "shape (3, 3, 4, 9), expected (3, 3, 4, 4)",
        "stage3_block1_conv1/kernel (layer3.0.conv1.weight in the file) has "
        "shape (5,)",
        "layer9.0.conv1.weight has no place in the model",
    ):
        assert part in message
    assert unchanged(model, before)


def test_a_file_of_another_family_says_what_it_is(
    torchvision, tiny, fill, values, unchanged
):
    model = fill(tiny("vit", classes=5))
    before = values(model)
    with pytest.raises(IntegrityError, match=r"holds resnet of .*torchvision"):
        zoo.load_weights(model, torchvision.path)
    with pytest.raises(IntegrityError, match="as no network of this zoo"):
        zoo.load_weights(model, {"what/is": np.ones(3), "this": np.ones(2)})
    assert unchanged(model, before)


def test_what_was_said_has_to_fit_the_names(torchvision):
    with pytest.raises(RequestError, match="not of `origin=keras`"):
        resnet.ResNet(
            dataclasses.replace(torchvision.spec, name="resnet18_v1"),
            weights=torchvision.path,
            origin="keras",
        )
    with pytest.raises(RequestError, match="No origin is called 'tensorflow'"):
        resnet.ResNet(
            torchvision.spec, weights=torchvision.path, origin="tensorflow"
        )


def test_names_that_cannot_tell_ask_for_the_origin(
    mobile, fill, values, unchanged, as_theirs
):
    tensors = as_theirs(fill(mobile()), "efficientnet", "timm")
    model = mobile()
    before = values(model)
    with pytest.raises(RequestError) as caught:
        zoo.load_weights(model, tensors)
    assert "`origin=timm` or `origin=timm/tf`" in str(caught.value)
    report = zoo.load_weights(model, tensors, origin="timm/tf_efficientnet_b0")
    assert report.origin == "timm/tf" and not unchanged(model, before)
    # A model that was built for one of them is of that one.
    assert zoo.load_weights(mobile("timm"), tensors).origin == "timm"


def test_weights_for_another_network_are_refused(
    mobile, fill, values, unchanged, as_theirs
):
    tensors = as_theirs(fill(mobile()), "efficientnet", "timm")
    model = fill(mobile(), seed=1)
    before = values(model)
    with pytest.raises(RequestError) as caught:
        zoo.load_weights(model, tensors, origin="timm")
    assert (
        "build it by zoo.create_model('efficientnet_b0', origin='timm')"
        in str(caught.value)
    )
    assert unchanged(model, before)
    assert find_origin("timm", "efficientnet_b0").padding == "symmetric"


def test_the_network_of_a_file_of_ours_is_remembered(mobile, tmp_path, fill):
    path = tmp_path / "net.safetensors"
    zoo.save_weights(fill(mobile("timm")), path)
    assert zoo.origin(mobile(weights=path)) == "timm"
    with pytest.raises(
        RequestError, match=r"origin='timm'\), or with `weights`"
    ):
        zoo.load_weights(mobile(), path)
    with pytest.raises(RequestError, match="are of 'timm'"):
        mobile("keras", weights=path)


def test_fresh_weights_for_a_network_of_others(mobile):
    model = mobile("torchvision")
    assert zoo.origin(model) == "torchvision"
    config = model.get_layer("preprocessing").get_config()
    assert config["variant"] == "efficientnet_b0"
    assert config["origin"] == "torchvision"


def test_a_published_file_is_known_by_its_name_and_hash(
    torchvision, monkeypatch
):
    import hashlib

    digest = hashlib.sha256(torchvision.path.read_bytes()).hexdigest()
    row = sources.WeightsSource(
        model="resnet18",
        name="imagenet/toys",
        preprocessing=Preprocessing(32, (1, 2, 3), (4, 5, 6)),
        top1=1.0,
        measured_on="toys",
        url="https://example.org/net.safetensors",
        sha256=digest[:8],
        origin="torchvision",
        labels=("a", "b", "c", "d", "e"),
    )
    monkeypatch.setattr(sources, "WEIGHTS", (row,))
    model = resnet.ResNet(torchvision.spec, weights=torchvision.path)
    assert zoo.class_names(model) == row.labels
    assert zoo.preprocessing(model).mean == (1, 2, 3)
    other = dataclasses.replace(row, sha256="0" * 8)
    monkeypatch.setattr(sources, "WEIGHTS", (other,))
    model = resnet.ResNet(torchvision.spec, weights=torchvision.path)
    assert zoo.class_names(model) is None
