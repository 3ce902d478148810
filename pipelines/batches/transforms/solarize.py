"""Solarize: bright levels inverted."""

import numpy as np

from pipelines.batches.transforms.compiling import compiled
from pipelines.batches.transforms.steps import Step


@compiled
def solarize(image, threshold):
    """Inverts the levels from a threshold on.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        threshold: In 0…256; at 256 nothing changes.
    """
    first = np.int64(np.ceil(threshold))
    levels = image.reshape(-1)
    for i in range(len(levels)):
        # Minus one has all bits set: they change where it is bright enough.
        levels[i] ^= np.uint8(-(levels[i] >= first))


SOLARIZE = Step(7, lambda image, scratch, p: solarize(image, p[0]))
