"""Brightness: all levels multiplied."""

import numpy as np

from pipelines.batches.transforms.compiling import compiled_with_caller
from pipelines.batches.transforms.levels import scale
from pipelines.batches.transforms.steps import Step


@compiled_with_caller
def brightness(image, factor):
    """Multiplies all levels; 0 is black, 1 changes nothing.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        factor: Not negative.
    """
    scale(image, np.float32(factor), np.float32(0))


BRIGHTNESS = Step(2, lambda image, scratch, p: brightness(image, p[0]))
