"""Weight files: what fits is loaded, what does not is named."""

import hashlib
import logging
import os
import pathlib

import numpy as np
import pytest

import zoo
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.preprocessing import cifar10
from zoo.weights import WeightsSource
from zoo.weights import check_weights
from zoo.weights import read_weights
from zoo.weights import sources
from zoo.weights.atomic import write_atomically
from zoo.weights.files import read_metadata
from zoo.weights.files import variable_names


@pytest.fixture
def saved(tiny, tmp_path):
    """A small model and its weight file."""
    model = tiny("resnet_cifar", classes=4)
    generator = np.random.default_rng(0)
    for variable in variable_names(model).values():
        variable.assign(generator.uniform(0.5, 1.5, variable.shape))
    path = tmp_path / "w.safetensors"
    zoo.save_weights(model, path, metadata={"top1": "91.2"})
    return model, path


def _values(model):
    return {
        key: np.asarray(variable)
        for key, variable in variable_names(model).items()
    }


def test_weights_survive_a_round_trip(saved, tiny, pictures):
    model, path = saved
    other = tiny("resnet_cifar", classes=4)
    report = zoo.load_weights(other, path)
    assert report.matched == tuple(variable_names(model))
    assert report.skipped == report.initial == ()
    images = pictures(32, 2)
    assert np.array_equal(other(images), model(images))
    assert read_metadata(path)["top1"] == "91.2"


def test_the_hash_is_that_of_the_file(saved):
    model, path = saved
    digest = zoo.save_weights(model, path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert zoo.load_weights(model, path, sha256=digest).initial == ()


def test_the_state_of_random_layers_is_no_weight(tiny):
    names = variable_names(tiny("efficientnet"))
    assert not [name for name in names if "seed" in name]


def test_another_number_of_classes_leaves_the_head(saved, tiny):
    _, path = saved
    model = tiny("resnet_cifar", classes=9)
    before = _values(model)
    report = zoo.load_weights(model, path)
    after = _values(model)
    head = ("head_logits/kernel", "head_logits/bias")
    assert report.initial == head
    assert report.skipped == tuple(
        (key, "4 classes in the file") for key in head
    )
    for key in after:
        assert np.array_equal(before[key], after[key]) == (key in head)
    assert str(report).endswith(
        "head_logits/kernel, head_logits/bias left as initialised "
        "(4 classes in the file)"
    )


def test_a_model_without_a_head_takes_what_it_needs(saved, tiny):
    _, path = saved
    model = tiny("resnet_cifar", include_top=False)
    report = zoo.load_weights(model, path)
    assert set(report.matched) == set(variable_names(model))


def test_every_mismatch_is_named_and_nothing_is_changed(saved, tiny):
    _, path = saved
    tensors = read_weights(path)
    del tensors["stem_conv/kernel"]
    tensors["stage1_block1_conv1/kernel"] = np.zeros((1, 1, 8, 8), "float32")
    tensors["stage9_conv/kernel"] = np.zeros((1,), "float32")
    model = tiny("resnet_cifar", classes=4)
    before = _values(model)
    with pytest.raises(IntegrityError) as caught:
        zoo.load_weights(model, tensors)
    message = str(caught.value)
    assert "the dict of tensors does not fit the model" in message
    for part in (
        "stem_conv/kernel is missing",
        "stage1_block1_conv1/kernel has shape (1, 1, 8, 8), expected (3, 3, "
        "8, 8)",
        "stage9_conv/kernel has no place in the model",
    ):
        assert part in message
    after = _values(model)
    assert all(np.array_equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_cut_file_is_an_integrity_error(saved, tiny, keep):
    _, path = saved
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(IntegrityError, match="is no whole"):
        zoo.load_weights(tiny("resnet_cifar", classes=4), path)


def test_a_flipped_bit_is_found_by_the_hash(saved, tiny):
    model, path = saved
    digest = zoo.save_weights(model, path)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError) as caught:
        zoo.load_weights(model, path, sha256=digest)
    assert f"expected sha256 {digest}" in str(caught.value)


def test_missing_and_foreign_files_are_named(tiny, tmp_path):
    missing = tmp_path / "missing.safetensors"
    with pytest.raises(
        RequestError, match=r"There is no weight file .*missing"
    ):
        tiny("resnet_cifar", weights=missing)
    with pytest.raises(RequestError, match=r"from \.safetensors files.*\.h5"):
        tiny("resnet_cifar", weights="model.h5")
    with pytest.raises(RequestError, match=r"written as \.safetensors"):
        zoo.save_weights(tiny("resnet_cifar"), tmp_path / "w.h5")
    assert list(tmp_path.iterdir()) == []


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "w.bin"
    write_atomically(path, b"old")

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["w.bin"]


def test_files_can_be_read_by_whom_the_umask_lets(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "w.bin", b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "w.bin").stat().st_mode & 0o777 == 0o640


@pytest.fixture
def published(saved, monkeypatch):
    """A row of the table of published weights, for the small model."""
    model, path = saved
    names = ("a", "b", "c", "d")
    row = WeightsSource(
        model=model.name,
        name="toys",
        path=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        preprocessing=cifar10(),
        labels=names,
        top1=91.2,
        measured_on="toys",
    )
    monkeypatch.setattr(sources, "WEIGHTS", (row,))
    return model


def test_weights_by_name_bring_their_classes(published, tiny, pictures, caplog):
    with caplog.at_level(logging.INFO, "zoo"):
        model = tiny("resnet_cifar", weights="toys")
    images = pictures(32, 2)
    assert np.array_equal(model(images), published(images))
    assert zoo.class_names(model) == ("a", "b", "c", "d")
    assert "tensors loaded" in caplog.text
    model = tiny("resnet_cifar", weights="toys", classes=2)
    assert zoo.class_names(model) is None
    assert model.output_shape == (None, 2)
    with pytest.raises(RequestError) as caught:
        tiny("resnet_cifar", weights="imagenet")
    message = str(caught.value)
    assert "It has: toys." in message
    assert "zoo.list_models(pretrained=True)" in message


def test_weights_are_checked_before_anything_is_built(saved):
    _, path = saved
    assert check_weights("alexnet", None) is None
    assert check_weights("alexnet", path) is None
    assert check_weights("alexnet", str(path)) is None
    for missing in (
        "w.safetensors",
        "folder/w.safetensors",
        pathlib.Path("imagenet"),
    ):
        with pytest.raises(RequestError) as caught:
            check_weights("alexnet", missing)
        assert f"There is no weight file {missing}" in str(caught.value)
    with pytest.raises(RequestError, match="No weights called 'imagenet'"):
        check_weights("alexnet", "imagenet")
