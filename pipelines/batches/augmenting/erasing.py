"""Erasing parts of a picture, so that no part alone decides.

Each record draws steps for some pictures (`augmenting.steps`),
which the functions below carry out.
"""

import dataclasses

import numpy as np

from pipelines.batches.augmenting import steps
from pipelines.batches.augmenting.chance import Chance
from pipelines.batches.augmenting.compiling import compiled

_MULTIPLIER = np.uint64(6364136223846793005)
_INCREMENT = np.uint64(1442695040888963407)
_TOP = np.uint64(56)


@dataclasses.dataclass(frozen=True)
class RandomErasing:
    """Replaces a rectangle by noise.

    Zhong et al., "Random Erasing Data Augmentation", 2017, section 3.

    Args:
        probability: The part of pictures changed, in 0…1.
        area: Smallest and largest part of the picture that is erased; a
            rectangle that would reach out of the picture is cut there.
        aspect_ratio: Smallest and largest height / width.
    """

    probability: float = 0.25
    area: tuple[float, float] = (0.02, 1 / 3)
    aspect_ratio: tuple[float, float] = (0.3, 1 / 0.3)

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        drawn = chance.uniform(stream, 6)
        low, high = self.area
        part = size * size * (low + drawn[:, 1] * (high - low))
        narrow, tall = np.log(self.aspect_ratio)
        ratio = np.exp(narrow + drawn[:, 2] * (tall - narrow))
        height, width = (
            np.clip(np.round(np.sqrt(side)), 1, size)
            for side in (part * ratio, part / ratio)
        )
        top = np.floor(drawn[:, 3] * (size - height + 1))
        left = np.floor(drawn[:, 4] * (size - width + 1))
        seed = np.floor(drawn[:, 5] * 2.0**53)
        erased = steps.step(steps.ERASE, top, left, height, width, seed)
        return steps.where(drawn[:, 0] < self.probability, erased)


@dataclasses.dataclass(frozen=True)
class GridMask:
    """Blackens squares on a grid, evenly spread over the picture.

    Chen et al., "GridMask Data Augmentation", 2020, section 3.2, without
    turning the grid.

    Args:
        probability: The part of pictures changed, in 0…1.
        unit: Smallest and largest distance of the squares, as a part of the
            picture's side.
        keep: The part of that distance that stays between two squares.
    """

    probability: float = 0.5
    unit: tuple[float, float] = (0.43, 1.0)
    keep: float = 0.6

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        drawn = chance.uniform(stream, 4)
        low, high = self.unit
        unit = np.round(size * (low + drawn[:, 1] * (high - low)))
        unit = np.maximum(unit, 1)
        black = np.round(unit * (1 - self.keep))
        down, right = np.floor(drawn[:, 2:].T * unit)
        masked = steps.step(steps.GRID, unit, black, down, right)
        return steps.where(drawn[:, 0] < self.probability, masked)


@compiled
def erase(image, top, left, height, width, seed):
    """Replaces a rectangle by noise, each level as likely as another.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        top: In pixels, as the others.
        left: Likewise.
        height: Likewise.
        width: Likewise.
        seed: A whole number below 2^53; the same one, the same noise.
    """
    # Knuth's linear congruential generator, of which the first bits serve.
    state = np.uint64(seed)
    for y in range(int(top), int(top + height)):
        for x in range(int(left), int(left + width)):
            for channel in range(3):
                state = state * _MULTIPLIER + _INCREMENT
                image[y, x, channel] = state >> _TOP


@compiled
def grid(image, unit, black, down, right):
    """Blackens squares on a grid.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        unit: From square to square, in pixels.
        black: The side of a square, in pixels.
        down: How far the grid is moved up, in pixels.
        right: How far it is moved to the left, in pixels.
    """
    for y in range(image.shape[0]):
        if (y + down) % unit >= black:
            continue
        for x in range(image.shape[1]):
            if (x + right) % unit < black:
                image[y, x] = 0
