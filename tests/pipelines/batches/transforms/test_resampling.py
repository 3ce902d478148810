"""Resizing: exact pixels, in and out of larger pictures."""

import numpy as np
import pytest
from PIL import Image

from pipelines.batches.transforms.resampling import resample


def resized(pixels, size, mirrored=False, inside=None):
    """Resizes the window (top, left, height, width), or all."""
    width = pixels.shape[1]
    top, left, tall, wide = inside or (0, 0, *pixels.shape[:2])
    view = np.array([3 * (top * width + left), 3 * width, tall, wide])
    image = np.empty((*size, 3), "uint8")
    resample(pixels.reshape(-1), view, mirrored, image)
    return image


def bilinear(pixels, size):
    """Between the four neighbours of each place, as the definition says."""
    at = [
        np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        for new, old in zip(size, pixels.shape[:2], strict=True)
    ]
    low = [np.floor(each).astype(int) for each in at]
    high = [
        np.minimum(each + 1, n - 1)
        for each, n in zip(low, pixels.shape[:2], strict=True)
    ]
    y, x = (a - b for a, b in zip(at, low, strict=True))
    y, x = y[:, None, None], x[None, :, None]
    p = pixels.astype(float)
    rows = p[low[0]] * (1 - y) + p[high[0]] * y
    return rows[:, low[1]] * (1 - x) + rows[:, high[1]] * x


@pytest.mark.parametrize(
    "shape", [(8, 8), (5, 3), (13, 15), (1, 1), (1, 30), (30, 1), (2, 9)]
)
@pytest.mark.parametrize("size", [(8, 8), (7, 11)])
def test_it_is_bilinear(noise, shape, size):
    pixels = noise(*shape)
    found = resized(pixels, size)
    if shape == size:
        np.testing.assert_array_equal(found, pixels)
    # Weights are whole numbers of 1/2048.
    assert np.abs(found - bilinear(pixels, size)).max() <= 0.75


@pytest.mark.parametrize("shape", [(24, 24), (24, 17), (19, 40), (60, 49)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_window_is_as_if_it_were_alone(noise, shape, mirrored):
    pixels = noise(shape[0] + 7, shape[1] + 5)
    alone = pixels[3 : 3 + shape[0], 2 : 2 + shape[1]].copy()
    found = resized(pixels, (24, 24), mirrored, (3, 2, *shape))
    expected = resized(alone, (24, 24))
    np.testing.assert_array_equal(
        found, expected[:, ::-1] if mirrored else expected
    )


@pytest.mark.parametrize("shape", [(16, 16), (17, 23), (80, 64), (33, 200)])
def test_what_shrinks_to_a_half_is_averaged_as_pillow_does(noise, shape):
    pixels = noise(*shape)
    found = resized(pixels, (8, 8))
    expected = Image.fromarray(pixels).resize((8, 8), Image.Resampling.BILINEAR)
    # Pillow rounds between its two passes.
    difference = np.abs(found - np.asarray(expected).astype(int))
    assert difference.max() <= 1 and difference.mean() < 0.25


def test_flat_pictures_stay_flat():
    for level in (0, 1, 127, 254, 255):
        for side in (3, 8, 13, 16, 50):
            flat = np.full((side, side, 3), level, "uint8")
            assert (resized(flat, (8, 8)) == level).all()
