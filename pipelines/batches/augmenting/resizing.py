"""Resizing as training does it, for pictures that are cut out beforehand."""

import numpy as np
import tensorflow as tf

from pipelines.batches.augmenting.painting import paint
from pipelines.batches.augmenting.steps import none
from pipelines.data.tf_data import call_python


def resize_for_training(image, size: int):
    """Resizes to a square as `resampling` does, fast.

    Args:
        image: uint8 of shape (height, width, 3).
        size: New height and width, in pixels.

    Returns:
        uint8 of shape (size, size, 3).
    """

    def resize_one(image):
        height, width, channels = image.shape
        views = np.array([[0, width * channels, height, width]])
        straight = np.zeros(1, bool)
        return paint([image.ravel()], views, straight, none(1), size)[0]

    resized = call_python(resize_one, [image], tf.uint8)
    return tf.ensure_shape(resized, (size, size, 3))
