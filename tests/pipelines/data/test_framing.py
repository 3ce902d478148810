"""Which pixels evaluation sees, eagerly and inside tf.data.

That they are those of other libraries: tests/parity/test_pictures.py.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data import framing
from pipelines.data import images
from zoo.geometry import GEOMETRIES
from zoo.preprocessing import Preprocessing


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [
        ((40, 60), 20, (20, 30)),
        ((60, 40), 20, (30, 20)),
        ((33, 100), 32, (32, 97)),
        ((7, 7), 9, (9, 9)),
        ((1, 50), 3, (3, 150)),
        ((50, 1), 2, (100, 2)),
    ],
)
def test_the_shorter_side(both_ways, noise, shape, size, expected):
    record = Preprocessing(size, crop_fraction=1.0)
    resize = functools.partial(framing.resized, preprocessing=record)
    assert both_ways(resize, noise(*shape)).shape == (*expected, 3)


# One picture, whose sides have the ratio 2.9, by the rules of each. A crop of
# 9 at 0.7 wants 12.86 pixels; the rest of the longer side is odd.
@pytest.mark.parametrize(
    ("geometry", "sides", "start"),
    [
        ("zoo", (13, 38), (2, 14)),
        ("torchvision", (13, 37), (2, 14)),
        ("timm", (12, 34), (2, 12)),
        ("timm_squash", (12, 12), (2, 2)),
    ],
)
def test_each_rule_once(both_ways, noise, geometry, sides, start):
    record = Preprocessing(9, crop_fraction=0.7, geometry=geometry)
    pixels = noise(20, 58)

    resize = functools.partial(framing.resized, preprocessing=record)
    larger = both_ways(resize, pixels)
    cut = functools.partial(framing.middle, preprocessing=record)
    ours = both_ways(cut, larger)
    assert larger.shape == (*sides, 3)
    top, left = start
    expected = larger[top : top + 9, left : left + 9]
    np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_every_geometry_in_a_pipeline(both_ways, encode, noise, geometry):
    record = Preprocessing(16, geometry=geometry, interpolation="bicubic")
    see = functools.partial(framing.whole_picture, preprocessing=record)
    seen = both_ways(see, encode(noise(31, 45)))
    assert seen.shape == (16, 16, 3) and seen.dtype == np.uint8
    dataset = tf.data.Dataset.from_tensors(encode(noise(31, 45))).map(see)
    assert dataset.element_spec.shape == (16, 16, 3)


@pytest.mark.parametrize("shape", [(9, 9), (8, 12), (13, 8), (11, 10)])
def test_the_middle_is_cut_out(both_ways, noise, shape):
    pixels = noise(*shape)
    record = Preprocessing(8)
    cut = both_ways(
        functools.partial(framing.middle, preprocessing=record), pixels
    )
    top, left = (shape[0] - 8) // 2, (shape[1] - 8) // 2
    np.testing.assert_array_equal(cut, pixels[top : top + 8, left : left + 8])


def test_the_zoos_own_geometry_is_as_it_was(encode, noise):
    encoded = encode(noise(37, 50))
    record = Preprocessing(24, crop_fraction=0.875, interpolation="bicubic")
    # 24 / 0.875 is 27.4 and 27 * 50 / 37 is 36.5.
    larger = images.resize(images.decode(encoded), 27, 36, "bicubic")
    np.testing.assert_array_equal(
        framing.whole_picture(encoded, record), larger[1:25, 6:30]
    )
