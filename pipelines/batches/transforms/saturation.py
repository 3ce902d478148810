"""Saturation: colours moved away from their grey."""

from pipelines.batches.transforms.compiling import compiled_with_caller
from pipelines.batches.transforms.levels import mix_with_grey
from pipelines.batches.transforms.steps import Step


@compiled_with_caller
def saturation(image, factor):
    """Moves colours away from their grey; 0 is a picture without colour.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        factor: Not negative.
    """
    mix_with_grey(image, factor, 1 - factor, 0.0)


SATURATION = Step(3, lambda image, scratch, p: saturation(image, p[0]))
