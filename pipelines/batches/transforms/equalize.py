"""Equalize: each channel's levels made as frequent as one another."""

import numpy as np

from pipelines.batches.transforms.compiling import compiled_with_caller
from pipelines.batches.transforms.levels import histograms
from pipelines.batches.transforms.levels import look_up
from pipelines.batches.transforms.steps import Step


@compiled_with_caller
def equalize(image):
    """Makes each channel's levels as frequent as one another, as Pillow.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
    """
    counts = histograms(image)
    table = np.empty((3, 256), np.uint8)
    for channel in range(3):
        last = np.flatnonzero(counts[channel])[-1]
        step = (counts[channel].sum() - counts[channel, last]) // 255
        before = step // 2
        for level in range(256):
            equal = min(before // step, 255) if step > 0 else level
            table[channel, level] = equal
            before += counts[channel, level]
    look_up(image, table)


EQUALIZE = Step(9, lambda image, scratch, p: equalize(image))
