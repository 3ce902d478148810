"""MixUp and CutMix: pictures and labels are mixed in the same parts."""

import dataclasses

import numpy as np
import pytest

from pipelines.batches.mixing import Mixing
from pipelines.batches.mixup_cutmix import mix
from zoo.errors import RequestError

LABELS = np.array([0, 1, 2, 2], "int32")


def seed(number):
    return np.array([9, number], "int64")


@pytest.fixture
def pictures():
    """Four flat pictures, of levels 0, 80, 160 and 240."""
    levels = np.arange(4, dtype="uint8") * 80
    return np.broadcast_to(levels[:, None, None, None], (4, 16, 16, 3)).copy()


def mixed(pictures, number, mixing, **options):
    images, labels = mix(
        pictures, LABELS, seed(number), mixing, classes=3, **options
    )
    assert images.dtype == "uint8" and images.shape == pictures.shape
    assert labels.dtype == "float32" and labels.shape == (4, 3)
    np.testing.assert_allclose(labels.numpy().sum(1), 1, rtol=1e-6)
    return images.numpy(), labels.numpy()


def test_mixup_weighs_pictures_and_labels_alike(pictures):
    weights = []
    for number in range(30):
        images, labels = mixed(pictures, number, Mixing(mixup=1.0))
        weight = labels[0, 0]
        others = pictures[::-1].astype(float)
        expected = weight * pictures + (1 - weight) * others
        assert np.abs(images - expected).max() <= 0.51
        np.testing.assert_allclose(labels[1], [0, weight, 1 - weight])
        np.testing.assert_allclose(labels[3], [1 - weight, 0, weight])
        weights.append(weight)
    # Beta(1, 1) is the uniform distribution.
    assert min(weights) < 0.2 and max(weights) > 0.8


def test_cutmix_weighs_labels_by_area(pictures):
    for number in range(30):
        images, labels = mixed(pictures, number, Mixing(cutmix=1.0))
        own = (images == pictures).all(-1)
        np.testing.assert_array_equal(own[0], own[1])
        other = (images == pictures[::-1]).all(-1)
        np.testing.assert_array_equal(other, ~own)
        cut = ~own[0]
        np.testing.assert_array_equal(
            cut, cut.any(1)[:, None] & cut.any(0)[None]
        )
        np.testing.assert_allclose(labels[0, 0], own[0].mean(), atol=1e-6)


def test_a_small_alpha_mixes_little(pictures):
    weights = [
        mixed(pictures, number, Mixing(mixup=0.1))[1][0, 0]
        for number in range(40)
    ]
    extreme = [min(each, 1 - each) < 0.1 for each in weights]
    assert np.mean(extreme) > 0.6


def test_switching_and_probability(pictures):
    both = Mixing(mixup=1.0, cutmix=1.0, switch=0.3, probability=0.6)
    kinds = {"mixup": 0, "cutmix": 0, "none": 0}
    for number in range(120):
        images, labels = mixed(pictures, number, both)
        levels = np.unique(images[0])
        if (images == pictures).all() and labels[0, 0] == 1:
            kinds["none"] += 1
        elif set(levels) <= {0, 240} and len(levels) == 2:
            kinds["cutmix"] += 1
        else:
            kinds["mixup"] += 1
    assert 30 <= kinds["none"] <= 68
    assert 10 <= kinds["cutmix"] <= 36 and 32 <= kinds["mixup"] <= 70


def test_several_classes_are_mixed_as_they_are(pictures):
    shown = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 1, 1]], "uint8")
    recipe = Mixing(mixup=1.0)
    images, labels = mix(pictures, shown, seed(3), recipe, classes=3)
    weight = 1 - float(images[0, 0, 0, 0]) / 240
    expected = weight * shown + (1 - weight) * shown[::-1]
    np.testing.assert_allclose(labels, expected, atol=0.01)


def test_off_leaves_pictures_alone(pictures):
    images, labels = mixed(pictures, 0, Mixing(mixup=1.0), on=False)
    np.testing.assert_array_equal(images, pictures)
    np.testing.assert_array_equal(labels, np.eye(3)[LABELS])


def test_a_seed_is_a_mixture(pictures):
    recipe = Mixing(mixup=0.4, cutmix=1.0)
    first, same, other = (mixed(pictures, n, recipe)[0] for n in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


@pytest.mark.parametrize(
    "values",
    [{}, {"mixup": -1.0}, {"mixup": 0.2, "probability": 1.1}, {"cutmix": -0.1}],
)
def test_recipes_that_make_no_sense(values):
    with pytest.raises(RequestError, match="Received: "):
        Mixing(**values)


def test_a_recipe_is_a_record():
    recipe = dataclasses.replace(Mixing(mixup=0.2), epochs=3)
    assert recipe == Mixing(mixup=0.2, epochs=3)
