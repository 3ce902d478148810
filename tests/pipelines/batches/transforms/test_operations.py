"""Policies: what they draw, how often, and that a seed is a picture."""

import collections

import numpy as np
import pytest

from pipelines.batches.transforms import augmix
from pipelines.batches.transforms import operations
from pipelines.batches.transforms import randaugment
from pipelines.batches.transforms import trivialaugment
from pipelines.batches.transforms.augmix import ADD_TO_SUM
from pipelines.batches.transforms.augmix import BEGIN_SUM
from pipelines.batches.transforms.augmix import END_SUM
from pipelines.batches.transforms.augmix import AugMix
from pipelines.batches.transforms.autocontrast import autocontrast
from pipelines.batches.transforms.brightness import brightness
from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.contrast import contrast
from pipelines.batches.transforms.equalize import equalize
from pipelines.batches.transforms.operations import OPERATIONS
from pipelines.batches.transforms.operations import operation_steps
from pipelines.batches.transforms.randaugment import RandAugment
from pipelines.batches.transforms.saturation import saturation
from pipelines.batches.transforms.sharpness import sharpness
from pipelines.batches.transforms.steps import NOTHING
from pipelines.batches.transforms.steps import column
from pipelines.batches.transforms.trivialaugment import TrivialAugment

RANGES = operations.Ranges(
    shear=0.3, translate=0.5, rotate=90.0, enhance=0.9, posterize=4
)


def table_of(name, level, sign=1.0, size=12):
    return operation_steps(
        np.array([OPERATIONS.index(name)]), level, sign, RANGES, size
    )


def by(operation, pixels, *arguments):
    image = pixels.copy()
    operation(image, *arguments)
    return image


def test_each_operation_is_the_one_of_its_name(carry_out, noise):
    pixels, spare = noise(12, 12), noise(12, 12)
    moved = np.zeros_like(pixels)
    moved[:, :9] = pixels[:, 3:]
    raised = np.zeros_like(pixels)
    raised[3:] = pixels[:-3]
    expected = {
        ("identity", 1.0, 1.0): pixels,
        ("translate_x", 0.5, 1.0): moved,
        ("translate_y", 0.5, -1.0): raised,
        ("rotate", 1.0, 1.0): np.rot90(pixels),
        ("brightness", 0.5, 1.0): by(brightness, pixels, 1.45),
        ("saturation", 0.5, -1.0): by(saturation, pixels, 0.55),
        ("contrast", 1.0, 1.0): by(contrast, pixels, 1.9),
        ("sharpness", 1.0, -1.0): by(sharpness, pixels, spare, 0.1),
        ("posterize", 0.5, 1.0): pixels & 0b11111100,
        ("solarize", 1.0, 1.0): 255 - pixels,
        ("autocontrast", 0.0, 1.0): by(autocontrast, pixels),
        ("equalize", 0.0, 1.0): by(equalize, pixels),
    }
    for (name, level, sign), picture in expected.items():
        (found,) = carry_out(table_of(name, level, sign), pixels)
        # A factor that is not exactly 1.45 may be a level off.
        np.testing.assert_allclose(found, picture, rtol=0, atol=1)
    shears = [
        carry_out(table_of(name, 1.0, sign), pixels)
        for name in ("shear_x", "shear_y")
        for sign in (1.0, -1.0)
    ]
    assert len({picture.tobytes() for picture in shears}) == 4


@pytest.mark.parametrize("name", OPERATIONS[:10])
def test_level_zero_does_nothing(carry_out, smooth, name):
    pixels = smooth(12, 12)
    (found,) = carry_out(table_of(name, 0.0), pixels)
    np.testing.assert_array_equal(found, pixels)


def test_pictures_have_each_their_own_operation(carry_out, noise):
    pixels = noise(12, 12)
    numbers = np.arange(len(OPERATIONS))
    levels, signs = numbers / len(numbers), np.where(numbers % 2, 1.0, -1.0)
    together = operation_steps(numbers, levels, signs, RANGES, 12)
    for i, name in enumerate(OPERATIONS):
        alone = table_of(name, levels[i], signs[i])
        np.testing.assert_array_equal(together[i : i + 1], alone)
    assert carry_out(together, pixels).shape == (14, 12, 12, 3)


@pytest.mark.parametrize("policy", [RandAugment(), TrivialAugment(), AugMix()])
def test_a_sample_is_a_picture(carry_out, noise, policy):
    pixels = noise(16, 16)
    table = policy.draw(Chance(5, np.arange(12)), 3, 16)
    pictures = carry_out(table, pixels)
    assert len({each.tobytes() for each in pictures}) >= 6
    # Alone, or in another company, a sample is the same.
    alone = policy.draw(Chance(5, [3]), 3, 16)
    np.testing.assert_array_equal(carry_out(alone, pixels)[0], pictures[3])
    for others in (Chance(6, [3]), Chance(5, [16])):
        assert (policy.draw(others, 3, 16) != alone).any()
    assert (policy.draw(Chance(5, [3]), 4, 16) != alone).any()


def drawn(policy, monkeypatch, count):
    """Returns the numbers, levels and signs that a policy draws."""
    seen = []

    def note(numbers, levels, signs, ranges, size):
        rows = np.broadcast_arrays(numbers, levels, signs)
        seen.append(np.stack(rows, axis=1))
        return column(np.zeros(len(numbers)))

    for module in (augmix, randaugment, trivialaugment):
        monkeypatch.setattr(module, "operation_steps", note)
    policy.draw(Chance(5, np.arange(count)), 0, 4)
    return seen


def test_randaugment_draws_evenly(monkeypatch):
    layers = drawn(RandAugment(layers=3, magnitude=15), monkeypatch, 200)
    assert [len(rows) for rows in layers] == [200] * 3
    seen = np.concatenate(layers)
    counts = collections.Counter(seen[:, 0])
    assert set(counts) == set(range(14))
    # 600 / 14 = 43 of each, give or take four standard deviations.
    assert min(counts.values()) > 17 and max(counts.values()) < 69
    assert set(seen[:, 1]) == {0.5}
    assert 250 < (seen[:, 2] > 0).sum() < 350


def test_trivialaugment_draws_any_level(monkeypatch):
    (seen,) = drawn(TrivialAugment(), monkeypatch, 400)
    assert set(np.round(30 * seen[:, 1], 3)) == set(range(31))
    assert set(seen[:, 0]) == set(range(14))
    assert set(seen[:, 2]) == {-1, 1}


def test_augmix_mixes_three_short_chains(monkeypatch):
    policy = AugMix(severity=4)
    table = policy.draw(Chance(5, np.arange(60)), 0, 4)
    codes = table[..., 0].astype(int)
    assert (codes[:, 0] == BEGIN_SUM.code).all()
    assert (codes[:, -1] == END_SUM.code).all()
    assert ((codes == ADD_TO_SUM.code).sum(1) == 3).all()
    chains = codes[:, 1:-1].reshape(60, 3, 4)[..., :3]
    lengths = (chains != NOTHING).sum(2)
    assert set(lengths.ravel()) == {1, 2, 3}
    # A chain has no holes.
    ends = np.cumsum(chains == NOTHING, axis=2)
    assert ((chains == NOTHING) == (ends > 0)).all()
    weights = np.where(codes == ADD_TO_SUM.code, table[..., 1], 0).sum(1)
    np.testing.assert_allclose(weights + table[:, 0, 1], 1)
    seen = np.concatenate(drawn(policy, monkeypatch, 60))
    assert {OPERATIONS[int(number)] for number in seen[:, 0]} == {
        "shear_x", "shear_y", "translate_x", "translate_y",
        "rotate", "posterize", "solarize", "autocontrast", "equalize",
    }  # fmt: skip
    assert set(np.round(9 * seen[:, 1], 3)) == {0, 1, 2, 3}


def test_augmix_of_unchanged_pictures_is_the_picture(
    carry_out, noise, monkeypatch
):
    monkeypatch.setattr(
        augmix,
        "operation_steps",
        lambda numbers, *_: column(np.zeros(len(numbers))),
    )
    pixels = noise(8, 8)
    for mixed in carry_out(
        AugMix().draw(Chance(5, np.arange(5)), 0, 8), pixels
    ):
        np.testing.assert_array_equal(mixed, pixels)
