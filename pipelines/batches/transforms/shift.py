"""Random shift: padded with black, and cut out again at random.

He et al. 2015, section 4.2, with 4 pixels for pictures of 32.
"""

import dataclasses

import numpy as np

from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.chance import choose
from pipelines.batches.transforms.warp import WARP


@dataclasses.dataclass(frozen=True)
class RandomShift:
    """Moves pictures by whole pixels; what comes from outside is black.

    Args:
        most: By how much at most, as a part of the side; at least a pixel.
    """

    most: float

    stream = 0
    steps = (WARP,)

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        border = max(1, round(self.most * size))
        drawn = choose(chance.uniform(stream, 2), 2 * border + 1) - border
        return WARP(1, 0, drawn[:, 0], 0, 1, drawn[:, 1])
