"""The cards say what the models are."""

import importlib
import json
import pathlib

import pytest

from zoo import alexnet
from zoo import efficientnet
from zoo import efficientnetv2
from zoo import mobilenetv3
from zoo import resnet
from zoo import vit
from zoo.cards import CARDS

# Trainable weights, moving statistics, MACs and input size as torchvision,
# timm and the papers have them.
PUBLISHED = json.loads(
    pathlib.Path(__file__).with_name("published_counts.json").read_text()
)


def _counts(card):
    return (
        card.parameters,
        card.non_trainable,
        card.macs,
        card.input_size,
    )


def test_the_cards_are_in_the_order_of_the_tables():
    families = (
        *(alexnet, resnet, efficientnet, efficientnetv2, mobilenetv3, vit),
    )
    assert list(CARDS) == [
        name for family in families for name in family.VARIANTS
    ]
    assert len(CARDS) == 60


def test_a_card_names_the_module_that_builds_it():
    for card in CARDS.values():
        family = importlib.import_module(f"zoo.{card.family}")
        assert card.name in family.VARIANTS


@pytest.mark.parametrize("name", PUBLISHED)
def test_cards_equal_the_published_counts(name):
    assert list(_counts(CARDS[name])) == PUBLISHED[name]


def test_cards_without_a_published_count_follow_from_arithmetic():
    convolutions = ((3, 32, 32), (32, 32, 16), (32, 64, 8))
    parameters = sum(25 * i * o + o for i, o, _ in convolutions)
    macs = sum(25 * i * o * side**2 for i, o, side in convolutions)
    head = 4 * 4 * 64 * 10
    expected = (parameters + head + 10, 0, macs + head, 32)
    assert _counts(CARDS["alexnet_cifar"]) == expected
    # The form _v2 of a basic network has no BN in its three projections.
    channels = 128 + 256 + 512
    for depth in (18, 34):
        trainable, moving, macs, side = PUBLISHED[f"resnet{depth}"]
        assert _counts(CARDS[f"resnet{depth}_v2"]) == (
            trainable - 2 * channels,
            moving - 2 * channels,
            macs,
            side,
        )


def test_accuracies_are_percentages_with_a_source():
    for card in CARDS.values():
        if card.accuracy is not None:
            assert 50 < card.accuracy.top1 < 100
            top5 = card.accuracy.top5
            assert top5 is None or card.accuracy.top1 < top5 < 100
            assert card.accuracy.source
    assert CARDS["resnet50"].accuracy.top1 == 76.13
    assert CARDS["resnet20"].accuracy.top1 == 91.25
    assert CARDS["alexnet_cifar"].accuracy is None
    assert CARDS["efficientnetv2_s"].accuracy.top1 == 83.9
    assert "21k" in CARDS["vit_b16"].accuracy.source
