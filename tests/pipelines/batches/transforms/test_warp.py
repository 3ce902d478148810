"""Warping against Pillow's transform, pixel by pixel."""

import numpy as np
import pytest
from PIL import Image

from pipelines.batches.transforms.warp import affine_matrix
from pipelines.batches.transforms.warp import warp


def warped(pixels, matrix):
    image = pixels.copy()
    warp(image, np.empty_like(image), np.array(matrix, "float64"))
    return image


def moved(pixels, **changes):
    return warped(pixels, affine_matrix(*pixels.shape[:2], **changes))


@pytest.mark.parametrize(
    "matrix",
    [
        (1, 0, 0, 0, 1, 0),
        (1, 0.31, 0, 0, 1, 0),
        (1, -0.77, 3.2, 0, 1, 2.5),
        (1, 0, 2, 0, 1, -3),
        (1, 0, -30, 0, 1, 4),
        (1, 0, 30, 0, 1, -40),
        (1, 0, 0, 0.31, 1, 0),
        (0.83, -0.2, 5.3, 0.4, 1.1, -2.7),
        (-1, 0, 19, 0, -1, 13),
        (3, 0, -20, 0, 3, -20),
        (0, 0, 500, 0, 0, 500),
    ],
)
def test_warping_equals_pillow(noise, matrix):
    pixels = noise(14, 20)
    found = warped(pixels, matrix)
    expected = Image.fromarray(pixels).transform(
        (20, 14), Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST
    )
    np.testing.assert_array_equal(found, expected)


def test_nothing_changes_nothing(noise):
    pixels = noise(9, 7)
    np.testing.assert_array_equal(moved(pixels), pixels)


def test_moving_is_exact(noise):
    pixels = noise(9, 7)
    found = moved(pixels, translate_x=2.0, translate_y=-3.0)
    expected = np.zeros_like(pixels)
    expected[3:, :5] = pixels[:-3, 2:]
    np.testing.assert_array_equal(found, expected)


def test_turning_by_right_angles_is_exact(noise):
    pixels = noise(8, 8)
    for quarters in (1, 2, 3):
        np.testing.assert_array_equal(
            moved(pixels, degrees=90.0 * quarters),
            np.rot90(pixels, quarters),
        )


def test_shearing_moves_rows_and_columns(noise):
    pixels = noise(10, 10)
    by_rows = moved(pixels, shear_x=1.0)
    by_columns = moved(pixels, shear_y=1.0)
    for i in range(10):
        # Half a pixel more, because pixels are taken at their middle.
        np.testing.assert_array_equal(by_rows[i, : 9 - i], pixels[i, i + 1 :])
        np.testing.assert_array_equal(
            by_columns[: 9 - i, i], pixels[i + 1 :, i]
        )
        assert not by_rows[i, 9 - i :].any()
        assert not by_columns[9 - i :, i].any()
