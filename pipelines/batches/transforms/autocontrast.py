"""Autocontrast: each channel's levels spread over 0…255."""

import numpy as np

from pipelines.batches.transforms.compiling import compiled_with_caller
from pipelines.batches.transforms.levels import cut
from pipelines.batches.transforms.levels import histograms
from pipelines.batches.transforms.levels import look_up
from pipelines.batches.transforms.steps import Step


@compiled_with_caller
def autocontrast(image):
    """Spreads each channel's levels over 0…255.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
    """
    counts = histograms(image)
    table = np.empty((3, 256), np.uint8)
    for channel in range(3):
        levels = np.flatnonzero(counts[channel])
        low, high = levels[0], levels[-1]
        scale = 255 / (high - low) if high > low else 1.0
        offset = -low * scale if high > low else 0.0
        for level in range(256):
            # A thousandth, because 255 may come out as 254.9999.
            spread = np.float32(level * scale + offset + 1e-3)
            table[channel, level] = cut(spread)
    look_up(image, table)


AUTOCONTRAST = Step(8, lambda image, scratch, p: autocontrast(image))
