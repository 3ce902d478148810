"""Views at test time: which pixels, and in which order."""

import functools

import numpy as np
import pytest

from pipelines.data import images
from pipelines.data.images import whole_picture
from pipelines.evaluation.views import test_time_views as views_of
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing

# Pictures whose shorter side is 20 are not resized.
RECORD = Preprocessing(16, crop_fraction=0.8)


def see(both_ways, encoded, name):
    views = functools.partial(views_of, preprocessing=RECORD, views=name)
    return both_ways(views, encoded)


def test_ten_crops(both_ways, encode, noise):
    pixels = noise(20, 25)
    found = see(both_ways, encode(pixels), "ten_crop")
    corners = [(0, 0), (0, 9), (4, 0), (4, 9), (2, 4)]
    cut = [pixels[y : y + 16, x : x + 16] for y, x in corners]
    np.testing.assert_array_equal(found[:5], cut)
    np.testing.assert_array_equal(found[5:], [c[:, ::-1] for c in cut])
    assert found.dtype == np.uint8


def test_flip_is_what_evaluation_sees(both_ways, encode, noise):
    encoded = encode(noise(31, 25))
    found = see(both_ways, encoded, "flip")
    seen = whole_picture(encoded, RECORD).numpy()
    np.testing.assert_array_equal(found, [seen, seen[:, ::-1]])


def test_multi_scale(both_ways, encode, noise):
    encoded = encode(noise(20, 20))
    found = see(both_ways, encoded, "multi_scale")
    assert found.shape == (6, 16, 16, 3)
    np.testing.assert_array_equal(found[0], whole_picture(encoded, RECORD))
    for view, side in zip(found[1:3], (23, 26), strict=True):
        resized = images.resize(images.decode(encoded), side, side)
        expected = images.central_crop(resized, 16)
        np.testing.assert_array_equal(view, expected)
    np.testing.assert_array_equal(found[3:], found[:3, :, ::-1])


def test_views_that_are_not_known(encode, noise):
    with pytest.raises(RequestError, match=r"=eleven is not known\..*ten_crop"):
        views_of(encode(noise(8, 8)), RECORD, "eleven")
