"""Geometry against Pillow's transform, pixel by pixel."""

import functools

import numpy as np
import pytest
from PIL import Image

from pipelines.data.augmenting import geometry

NOTHING = {
    "shear_x": 0.0,
    "shear_y": 0.0,
    "translate_x": 0.0,
    "translate_y": 0.0,
    "degrees": 0.0,
}


def moved(both_ways, pixels, **changes):
    move = functools.partial(geometry.affine, **{**NOTHING, **changes})
    return both_ways(move, pixels)


@pytest.mark.parametrize(
    "matrix",
    [
        (1, 0, 0, 0, 1, 0),
        (1, 0.31, 0, 0, 1, 0),
        (0.83, -0.2, 5.3, 0.4, 1.1, -2.7),
        (-1, 0, 19, 0, -1, 13),
        (3, 0, -20, 0, 3, -20),
        (0, 0, 500, 0, 0, 500),
    ],
)
def test_warping_equals_pillow(both_ways, noise, matrix):
    pixels = noise(14, 20)
    found = both_ways(geometry.warp, pixels, np.array(matrix, "float32"))
    expected = Image.fromarray(pixels).transform(
        (20, 14), Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST
    )
    np.testing.assert_array_equal(found, expected)


def test_nothing_changes_nothing(both_ways, noise):
    pixels = noise(9, 7)
    np.testing.assert_array_equal(moved(both_ways, pixels), pixels)


def test_moving_is_exact(both_ways, noise):
    pixels = noise(9, 7)
    found = moved(both_ways, pixels, translate_x=2.0, translate_y=-3.0)
    expected = np.zeros_like(pixels)
    expected[3:, :5] = pixels[:-3, 2:]
    np.testing.assert_array_equal(found, expected)


def test_turning_by_right_angles_is_exact(both_ways, noise):
    pixels = noise(8, 8)
    for quarters in (1, 2, 3):
        np.testing.assert_array_equal(
            moved(both_ways, pixels, degrees=90.0 * quarters),
            np.rot90(pixels, quarters),
        )


def test_shearing_moves_rows_and_columns(both_ways, noise):
    pixels = noise(10, 10)
    by_rows = moved(both_ways, pixels, shear_x=1.0)
    by_columns = moved(both_ways, pixels, shear_y=1.0)
    for i in range(10):
        # Half a pixel more, because pixels are taken at their middle.
        np.testing.assert_array_equal(by_rows[i, : 9 - i], pixels[i, i + 1 :])
        np.testing.assert_array_equal(
            by_columns[: 9 - i, i], pixels[i + 1 :, i]
        )
        assert not by_rows[i, 9 - i :].any()
        assert not by_columns[9 - i :, i].any()
