"""What samples show of a picture."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.augmentation import Augmentation
from pipelines.batches.cropping import region_of
from pipelines.batches.transforms.resampling import resample
from zoo.preprocessing import Preprocessing

RECORD = Preprocessing(8, crop_fraction=1.0)


def shown(encoded, augmentation, record=RECORD):
    region = region_of(
        tf.constant(encoded), np.array([3, 0], "int64"), augmentation, record
    )
    start, stride, height, width = region.place.numpy()
    assert (start, stride) == (0, 3 * width)
    return region.pixels.numpy().reshape(height, width, 3)


@pytest.mark.parametrize("shape", [(9, 9), (5, 3), (13, 15), (40, 16)])
def test_where_patches_are_cut_the_middle_is_resized(encode, noise, shape):
    pixels = noise(*shape)
    side = min(shape)
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    middle = pixels[top : top + side, left : left + side].copy()
    expected = np.empty((9, 9, 3), "uint8")
    place = np.array([0, 3 * side, side, side])
    resample(middle.reshape(-1), place, False, expected)
    found = shown(encode(pixels), Augmentation(patch=9 / 8))
    np.testing.assert_array_equal(found, expected)


def test_a_crop_is_a_part_of_the_picture(encode, noise):
    pixels = noise(12, 14)
    found = shown(encode(pixels), Augmentation(area=(0.2, 0.4)))
    height, width, _ = found.shape
    assert 0.15 < height * width / (12 * 14) < 0.45
    assert any(
        (pixels[y : y + height, x : x + width] == found).all()
        for y in range(13 - height)
        for x in range(15 - width)
    )


def test_without_a_crop_all_that_evaluation_sees_is_shown(encode, noise):
    pixels = noise(8, 8)
    found = shown(encode(pixels), Augmentation())
    np.testing.assert_array_equal(found, pixels)
