"""Posterize: fewer levels."""

import numpy as np

from pipelines.batches.transforms.compiling import compiled
from pipelines.batches.transforms.steps import Step


@compiled
def posterize(image, bits):
    """Keeps only the first bits of every level.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        bits: int in 0…8.
    """
    mask = np.uint8(256 - (1 << (8 - np.int64(bits))))
    levels = image.reshape(-1)
    for i in range(len(levels)):
        levels[i] &= mask


POSTERIZE = Step(6, lambda image, scratch, p: posterize(image, p[0]))
