"""Policies: what they draw, how often, and that a seed is a picture."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.augmenting import colour
from pipelines.data.augmenting import operations
from pipelines.data.augmenting import policies
from pipelines.data.augmenting.operations import OPERATIONS
from pipelines.data.augmenting.operations import apply_operation
from pipelines.data.augmenting.policies import AugMix
from pipelines.data.augmenting.policies import RandAugment
from pipelines.data.augmenting.policies import TrivialAugment

RANGES = operations.Ranges(
    shear=0.3, translate=0.5, rotate=90.0, enhance=0.9, posterize=4
)


def seed(number):
    return np.array([5, number], "int64")


def apply(pixels, name, level, sign=1.0):
    return apply_operation(
        tf.constant(pixels),
        tf.constant(OPERATIONS.index(name)),
        tf.constant(level),
        tf.constant(sign),
        RANGES,
    ).numpy()


def test_each_operation_is_the_one_of_its_name(noise):
    pixels = noise(12, 12)
    image = tf.constant(pixels)
    moved = np.zeros_like(pixels)
    moved[:, :9] = pixels[:, 3:]
    raised = np.zeros_like(pixels)
    raised[3:] = pixels[:-3]
    expected = {
        ("identity", 1.0, 1.0): pixels,
        ("translate_x", 0.5, 1.0): moved,
        ("translate_y", 0.5, -1.0): raised,
        ("rotate", 1.0, 1.0): np.rot90(pixels),
        ("brightness", 0.5, 1.0): colour.brightness(image, 1.45),
        ("saturation", 0.5, -1.0): colour.saturation(image, 0.55),
        ("contrast", 1.0, 1.0): colour.contrast(image, 1.9),
        ("sharpness", 1.0, -1.0): colour.sharpness(image, 0.1),
        ("posterize", 0.5, 1.0): pixels & 0b11111100,
        ("solarize", 1.0, 1.0): 255 - pixels,
        ("autocontrast", 0.0, 1.0): colour.autocontrast(image),
        ("equalize", 0.0, 1.0): colour.equalize(image),
    }
    for (name, level, sign), picture in expected.items():
        found = apply(pixels, name, level, sign)
        # A factor that is not exactly 1.45 may be a level off.
        np.testing.assert_allclose(found, picture, rtol=0, atol=1)
    shears = [apply(pixels, name, 1.0) for name in ("shear_x", "shear_y")]
    assert (shears[0] != shears[1]).any()
    assert (apply(pixels, "shear_x", 1.0, -1.0) != shears[0]).any()


@pytest.mark.parametrize("name", OPERATIONS[:10])
def test_level_zero_does_nothing(smooth, name):
    pixels = smooth(12, 12)
    np.testing.assert_array_equal(apply(pixels, name, 0.0), pixels)


@pytest.mark.parametrize("policy", [RandAugment(), TrivialAugment(), AugMix()])
def test_a_seed_is_a_picture(both_ways, noise, policy):
    pixels = noise(16, 16)
    found = both_ways(policy, pixels, seed(3))
    assert found.dtype == np.uint8 and found.shape == (16, 16, 3)
    dataset = tf.data.Dataset.range(12).map(
        lambda i: policy(tf.constant(pixels), tf.stack([5, i]))
    )
    pictures = list(dataset.as_numpy_iterator())
    assert len({each.tobytes() for each in pictures}) >= 6
    np.testing.assert_array_equal(pictures[3], found)


def drawn(policy, monkeypatch, count):
    """Returns the numbers, levels and signs that a policy draws."""
    seen = []

    def note(image, number, level, sign, ranges):
        seen.append((int(number), float(level), float(sign)))
        return image

    monkeypatch.setattr(policies, "apply_operation", note)
    image = tf.zeros((4, 4, 3), tf.uint8)
    for i in range(count):
        policy(image, seed(i))
    return seen


def test_randaugment_draws_evenly(monkeypatch):
    seen = drawn(RandAugment(layers=3, magnitude=15), monkeypatch, 200)
    assert len(seen) == 600
    counts = collections.Counter(number for number, _, _ in seen)
    assert set(counts) == set(range(14))
    # 600 / 14 = 43 of each, give or take four standard deviations.
    assert min(counts.values()) > 17 and max(counts.values()) < 69
    assert {level for _, level, _ in seen} == {0.5}
    assert 250 < sum(sign > 0 for _, _, sign in seen) < 350


def test_trivialaugment_draws_any_level(monkeypatch):
    seen = drawn(TrivialAugment(), monkeypatch, 400)
    assert len(seen) == 400
    levels = {round(30 * level, 3) for _, level, _ in seen}
    assert levels == set(range(31))
    assert {number for number, _, _ in seen} == set(range(14))


def test_augmix_mixes_at_most_three_chains(monkeypatch):
    seen = drawn(AugMix(severity=4), monkeypatch, 60)
    # Three chains of one, two or three operations.
    assert 320 < len(seen) < 400
    names = {OPERATIONS[number] for number, _, _ in seen}
    assert names == {
        "shear_x", "shear_y", "translate_x", "translate_y",
        "rotate", "posterize", "solarize", "autocontrast", "equalize",
    }  # fmt: skip
    assert {round(9 * level, 3) for _, level, _ in seen} == {0, 1, 2, 3}


def test_augmix_of_unchanged_pictures_is_the_picture(noise, monkeypatch):
    monkeypatch.setattr(policies, "apply_operation", lambda image, *_: image)
    pixels = noise(8, 8)
    for i in range(5):
        mixed = AugMix()(tf.constant(pixels), seed(i)).numpy()
        np.testing.assert_array_equal(mixed, pixels)
