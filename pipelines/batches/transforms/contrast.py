"""Contrast: levels moved away from the mean grey."""

import numpy as np

from pipelines.batches.transforms.compiling import compiled_with_caller
from pipelines.batches.transforms.levels import mean_grey
from pipelines.batches.transforms.levels import scale
from pipelines.batches.transforms.steps import Step


@compiled_with_caller
def contrast(image, factor):
    """Moves all levels away from the mean grey; 0 is grey all over.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        factor: Not negative.
    """
    mean = np.floor(mean_grey(image) + 0.5)
    scale(image, np.float32(factor), np.float32((1 - factor) * mean))


CONTRAST = Step(4, lambda image, scratch, p: contrast(image, p[0]))
