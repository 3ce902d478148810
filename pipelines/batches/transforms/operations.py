"""The operations that RandAugment, TrivialAugment and AugMix choose from.

Names, order and ranges are torchvision's, which are those of Cubuk et al.,
"RandAugment", 2019, and Müller and Hutter, "TrivialAugment", 2021.
"""

import dataclasses

import numpy as np

from pipelines.batches.transforms.autocontrast import AUTOCONTRAST
from pipelines.batches.transforms.brightness import BRIGHTNESS
from pipelines.batches.transforms.contrast import CONTRAST
from pipelines.batches.transforms.equalize import EQUALIZE
from pipelines.batches.transforms.posterize import POSTERIZE
from pipelines.batches.transforms.saturation import SATURATION
from pipelines.batches.transforms.sharpness import SHARPNESS
from pipelines.batches.transforms.solarize import SOLARIZE
from pipelines.batches.transforms.steps import NOTHING
from pipelines.batches.transforms.steps import column
from pipelines.batches.transforms.warp import WARP
from pipelines.batches.transforms.warp import affine_matrix

OPERATIONS = (
    "identity",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
    "rotate",
    "brightness",
    "saturation",
    "contrast",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
)
_GEOMETRY = OPERATIONS[1:6]
_POSTERIZE = OPERATIONS.index("posterize")
_SOLARIZE = OPERATIONS.index("solarize")
_COLOUR = (
    BRIGHTNESS,
    SATURATION,
    CONTRAST,
    SHARPNESS,
    POSTERIZE,
    SOLARIZE,
    AUTOCONTRAST,
    EQUALIZE,
)
# All of geometry is one transform.
OPERATION_STEPS = (WARP, *_COLOUR)
_CODES = np.array(
    [
        NOTHING,
        *[WARP.code] * len(_GEOMETRY),
        *[step.code for step in _COLOUR],
    ]
)
# How many levels there are to choose from, beside none at all.
LEVELS = 30


@dataclasses.dataclass(frozen=True)
class Ranges:
    """How strong each operation is at the highest level.

    Args:
        shear: Pixels a pixel.
        translate: A part of the picture's side, or pixels if more than 1.
        rotate: Degrees.
        enhance: Factors of colour reach 1 - enhance and 1 + enhance.
        posterize: Bits taken away.
    """

    shear: float
    translate: float
    rotate: float
    enhance: float
    posterize: int


def operation_steps(numbers, levels, signs, ranges: Ranges, size: int):
    """Makes steps of operations, one for each picture.

    Args:
        numbers: int `(pictures,)`: which of `OPERATIONS`.
        levels: float64 `(pictures,)` in 0…1: how strongly.
        signs: float64 `(pictures,)`, 1 or -1: which way, where there are two.
        ranges: What a level means.
        size: The pictures' height and width, in pixels.

    Returns:
        float64 `(pictures, 1, 7)`, as of `steps.column`.
    """
    levels = np.broadcast_to(levels, np.shape(numbers))
    codes = _CODES[numbers]
    made = column(codes, 1 + signs * ranges.enhance * levels)
    moved = codes == WARP.code
    made[moved, 0, 1:] = _matrices(
        numbers[moved], (signs * levels)[moved], ranges, size
    )
    bits = 8 - np.round(ranges.posterize * levels)
    made[:, 0, 1] = np.where(numbers == _POSTERIZE, bits, made[:, 0, 1])
    threshold = 255 * (1 - levels)
    made[:, 0, 1] = np.where(numbers == _SOLARIZE, threshold, made[:, 0, 1])
    return made


def _matrices(numbers, strengths, ranges: Ranges, size: int) -> np.ndarray:
    pixels = ranges.translate * (size if ranges.translate <= 1 else 1)
    shear_x, shear_y, right, down, turn = (
        np.where(numbers == number, strengths, 0.0)
        for number in range(1, 1 + len(_GEOMETRY))
    )
    return affine_matrix(
        size,
        size,
        shear_x=shear_x * ranges.shear,
        shear_y=shear_y * ranges.shear,
        translate_x=np.round(right * pixels),
        translate_y=np.round(down * pixels),
        degrees=turn * ranges.rotate,
    )
