"""Erasing: where, how much, and nothing beside it."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.augmenting.erasing import GridMask
from pipelines.data.augmenting.erasing import RandomErasing


def seed(number):
    return np.array([5, number], "int64")


def changed(policy, pixels, count):
    """Returns where pictures were changed, `(count, height, width)`."""
    dataset = tf.data.Dataset.range(count).map(
        lambda i: policy(tf.constant(pixels), tf.stack([5, i]))
    )
    pictures = np.stack(list(dataset.as_numpy_iterator()))
    return (pictures != pixels).any(-1)


@pytest.mark.parametrize(
    "policy", [RandomErasing(probability=1.0), GridMask(probability=1.0)]
)
def test_a_seed_is_a_picture(both_ways, noise, policy):
    pixels = noise(20, 24)
    first = both_ways(policy, pixels, seed(0))
    assert first.dtype == np.uint8 and first.shape == pixels.shape
    assert (first != pixels).any()
    assert (both_ways(policy, pixels, seed(1)) != first).any()


@pytest.mark.parametrize("policy", [RandomErasing, GridMask])
@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_as_many_pictures_as_asked_for(policy, probability):
    white = np.full((16, 16, 3), 255, "uint8")
    touched = changed(policy(probability=probability), white, 150)
    part = touched.any((1, 2)).mean()
    assert abs(part - probability) <= (0.12 if probability == 0.3 else 0)


def test_a_rectangle_is_erased():
    white = np.full((40, 50, 3), 255, "uint8")
    policy = RandomErasing(probability=1.0, area=(0.1, 0.2))
    parts = []
    for mask in changed(policy, white, 100):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        # Noise is white in one pixel of 256^3.
        assert mask.sum() >= height * width - 1
        assert 0.25 < height / width < 4 or 40 in (height,) or 50 in (width,)
        parts.append(height * width / 2000)
    assert 0.08 < min(parts) < 0.12 and 0.18 < max(parts) < 0.22


def test_squares_lie_on_a_grid():
    white = np.full((60, 60, 3), 255, "uint8")
    policy = GridMask(probability=1.0, unit=(1 / 3, 1 / 3), keep=0.6)
    offsets = set()
    for mask in changed(policy, white, 60):
        # Twenty pixels from square to square, of which eight are black.
        rows, columns = mask.any(1), mask.any(0)
        np.testing.assert_array_equal(mask, rows[:, None] & columns)
        for line in (rows, columns):
            assert line.sum() == 24
            np.testing.assert_array_equal(line[20:], line[:40])
        offsets.add((int(rows.argmin()), int(columns.argmin())))
    assert len(offsets) > 20
