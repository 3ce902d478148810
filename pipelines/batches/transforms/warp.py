"""Warping: pixels of a picture taken from other places of it.

Nearest neighbour, as RandAugment and TrivialAugment are published; what comes
from outside of the picture is black.
"""

import numpy as np

from pipelines.batches.transforms.compiling import compiled
from pipelines.batches.transforms.compiling import copy
from pipelines.batches.transforms.compiling import fill
from pipelines.batches.transforms.steps import Step

# Places are whole numbers of 1/65536 of a pixel, as in Pillow.
_BITS = 16
_ONE = 1 << _BITS
_UNSIGNED = np.uint64


@compiled
def warp(image, spare, matrix):
    """Takes each pixel from where a matrix says.

    Pixel (x, y) comes from (a (x + ½) + b (y + ½) + c, d (x + ½) + e (y + ½)
    + f), as in Pillow's `Image.transform`.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        spare: Another of the same kind, overwritten.
        matrix: float64 `(6,)`: a, b, c, d, e and f.
    """
    copy(image, spare)
    source = spare.reshape(-1)
    across, along = _fixed(matrix[0]), _fixed(matrix[3])
    for y in range(image.shape[0]):
        middle = y + 0.5
        column = _fixed(matrix[0] * 0.5 + matrix[1] * middle + matrix[2])
        line = _fixed(matrix[3] * 0.5 + matrix[4] * middle + matrix[5])
        row = image[y].reshape(-1)
        if across == _ONE and along == 0:
            _move_row(source, image.shape, column >> _BITS, line >> _BITS, row)
        else:
            _pick_row(source, image.shape, column, across, line, along, row)


@compiled
def _move_row(source, shape, shift, line, row):
    """Takes neighbours from neighbours: most shears and moves are that."""
    height, width = shape[0], shape[1]
    first = min(max(-shift, 0), width)
    last = max(min(width - shift, width), first)
    if line < 0 or line >= height:
        last = first
    start = 3 * (line * width + shift)
    fill(row[: 3 * first], 0)
    copy(
        source[start + 3 * first : start + 3 * last], row[3 * first : 3 * last]
    )
    fill(row[3 * last :], 0)


@compiled
def _pick_row(source, shape, column, across, line, along, row):
    height, width = _UNSIGNED(shape[0]), _UNSIGNED(shape[1])
    for x in range(shape[1]):
        # What is less than 0 is huge without its sign.
        from_x, from_y = _UNSIGNED(column >> _BITS), _UNSIGNED(line >> _BITS)
        if from_x < width and from_y < height:
            at = _UNSIGNED(3) * (from_y * width + from_x)
            row[3 * x] = source[at]
            row[3 * x + 1] = source[at + _UNSIGNED(1)]
            row[3 * x + 2] = source[at + _UNSIGNED(2)]
        else:
            row[3 * x] = 0
            row[3 * x + 1] = 0
            row[3 * x + 2] = 0
        column += across
        line += along


@compiled
def _fixed(value):
    return np.int64(np.floor(value * _ONE + 0.5))


WARP = Step(1, lambda image, scratch, p: warp(image, scratch.spare, p))


def affine_matrix(
    height,
    width,
    *,
    shear_x=0.0,
    shear_y=0.0,
    translate_x=0.0,
    translate_y=0.0,
    degrees=0.0,
) -> np.ndarray:
    """Returns what `warp` takes to shear about the corner, move and turn.

    Args:
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.
        shear_x: float64 `(…)`: pixels to the left for each pixel down.
        shear_y: float64 `(…)`: pixels up for each pixel to the right.
        translate_x: float64 `(…)`: pixels to the left.
        translate_y: float64 `(…)`: pixels up.
        degrees: float64 `(…)`: counter-clockwise, about the middle.

    Returns:
        float64 `(…, 6)`.
    """
    y, x = height / 2, width / 2
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    entries = np.broadcast_arrays(
        cosine,
        shear_x - sine,
        translate_x + x - cosine * x + sine * y,
        shear_y + sine,
        cosine,
        translate_y + y - sine * x - cosine * y,
    )
    return np.stack(entries, axis=-1)
