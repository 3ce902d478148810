"""Erasing: where, how much, and nothing beside it."""

import numpy as np
import pytest

from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.erasing import RandomErasing
from pipelines.batches.transforms.gridmask import GridMask


@pytest.fixture
def changed(carry_out):
    """Returns a function: where pictures were changed, `(n, size, size)`."""

    def of(policy, pixels, count):
        table = policy.draw(Chance(5, np.arange(count)), 0, len(pixels))
        return (carry_out(table, pixels) != pixels).any(-1)

    return of


@pytest.mark.parametrize(
    "policy", [RandomErasing(probability=1.0), GridMask(probability=1.0)]
)
def test_a_sample_is_a_picture(carry_out, noise, policy):
    pixels = noise(24, 24)
    table = policy.draw(Chance(5, [0, 0, 1]), 0, 24)
    first, same, other = carry_out(table, pixels)
    np.testing.assert_array_equal(first, same)
    assert (first != pixels).any() and (other != first).any()


@pytest.mark.parametrize("policy", [RandomErasing, GridMask])
@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_as_many_pictures_as_asked_for(changed, policy, probability):
    white = np.full((16, 16, 3), 255, "uint8")
    touched = changed(policy(probability=probability), white, 150)
    part = touched.any((1, 2)).mean()
    assert abs(part - probability) <= (0.12 if probability == 0.3 else 0)


def test_noise_has_all_levels_alike(carry_out):
    policy = RandomErasing(probability=1.0, area=(1.0, 1.0))
    table = policy.draw(Chance(5, np.arange(8)), 0, 64)
    table[:, 0, 1:5] = 0, 0, 64, 64
    noise = carry_out(table, np.zeros((64, 64, 3), "uint8"))
    counts = np.bincount(noise.ravel(), minlength=256)
    # 384 of each, give or take five standard deviations.
    assert counts.min() > 286 and counts.max() < 482
    flat = noise.reshape(8, -1).astype(float)
    assert np.abs(np.corrcoef(flat) - np.eye(8)).max() < 0.05
    for lag in (1, 3, 192):
        pairs = np.corrcoef(flat[:, :-lag].ravel(), flat[:, lag:].ravel())
        assert abs(pairs[0, 1]) < 0.02


def test_a_rectangle_is_erased(changed):
    white = np.full((45, 45, 3), 255, "uint8")
    policy = RandomErasing(probability=1.0, area=(0.1, 0.2))
    parts = []
    for mask in changed(policy, white, 100):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        # Noise is white in one pixel of 256^3.
        assert mask.sum() >= height * width - 1
        assert 0.25 < height / width < 4
        parts.append(height * width / 2025)
    assert 0.08 < min(parts) < 0.12 and 0.18 < max(parts) < 0.22


def test_squares_lie_on_a_grid(changed):
    white = np.full((60, 60, 3), 255, "uint8")
    policy = GridMask(probability=1.0, unit=(1 / 3, 1 / 3), keep=0.6)
    offsets = set()
    for mask in changed(policy, white, 120):
        # Twenty pixels from square to square, of which eight are black.
        rows, columns = mask.any(1), mask.any(0)
        np.testing.assert_array_equal(mask, rows[:, None] & columns)
        for line in (rows, columns):
            assert line.sum() == 24
            np.testing.assert_array_equal(line[20:], line[:40])
        offsets.add((int(rows.argmin()), int(columns.argmin())))
    assert len(offsets) > 20
