"""Sharpness: levels moved away from those around them."""

import numpy as np

from pipelines.batches.transforms.compiling import compiled
from pipelines.batches.transforms.compiling import compiled_with_caller
from pipelines.batches.transforms.compiling import copy
from pipelines.batches.transforms.levels import cut
from pipelines.batches.transforms.steps import Step


@compiled_with_caller
def sharpness(image, spare, factor):
    """Moves levels away from their neighbours' mean; below 1 it blurs.

    The kernel is Pillow's SMOOTH, (1 1 1; 1 5 1; 1 1 1) / 13; the outermost
    pixels are left alone.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        spare: Another of the same kind, overwritten.
        factor: Not negative.
    """
    copy(image, spare)
    share = np.float32((1 - factor) / 13)
    columns = np.empty(3 * image.shape[1], np.float32)
    for y in range(1, image.shape[0] - 1):
        _add_up(
            spare[y - 1].reshape(-1),
            spare[y].reshape(-1),
            spare[y + 1].reshape(-1),
            columns,
        )
        _move_away(
            columns,
            spare[y].reshape(-1)[3:-3],
            share,
            image[y].reshape(-1)[3:-3],
        )


@compiled
def _add_up(above, here, below, columns):
    for i in range(len(columns)):
        columns[i] = (
            np.float32(above[i]) + np.float32(here[i]) + np.float32(below[i])
        )


@compiled_with_caller
def _move_away(columns, own, share, out):
    left, middle, right = columns, columns[3:], columns[6:]
    for i in range(len(out)):
        level = np.float32(own[i])
        total = left[i] + middle[i] + right[i] - np.float32(9) * level
        out[i] = cut(level + share * total)


SHARPNESS = Step(
    5, lambda image, scratch, p: sharpness(image, scratch.spare, p[0])
)
