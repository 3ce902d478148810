"""GridMask: black squares, so that no part alone decides."""

import dataclasses

import numpy as np

from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.compiling import compiled
from pipelines.batches.transforms.steps import Step
from pipelines.batches.transforms.steps import where


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


GRID = Step(13, lambda image, scratch, p: grid(image, p[0], p[1], p[2], p[3]))


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

    stream = 5
    steps = (GRID,)

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        drawn = chance.uniform(stream, 4)
        low, high = self.unit
        unit = np.round(size * (low + drawn[:, 1] * (high - low)))
        unit = np.maximum(unit, 1)
        black = np.round(unit * (1 - self.keep))
        down, right = np.floor(drawn[:, 2:].T * unit)
        masked = GRID(unit, black, down, right)
        return where(drawn[:, 0] < self.probability, masked)
