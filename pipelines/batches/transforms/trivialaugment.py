"""TrivialAugment: one operation of any strength."""

import dataclasses

import numpy as np

from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.chance import choose
from pipelines.batches.transforms.chance import sign
from pipelines.batches.transforms.operations import LEVELS
from pipelines.batches.transforms.operations import OPERATION_STEPS
from pipelines.batches.transforms.operations import OPERATIONS
from pipelines.batches.transforms.operations import Ranges
from pipelines.batches.transforms.operations import operation_steps

_RANGES = Ranges(
    shear=0.99, translate=32, rotate=135.0, enhance=0.99, posterize=6
)


@dataclasses.dataclass(frozen=True)
class TrivialAugment:
    """One operation of any strength; nothing to be tuned.

    Müller and Hutter, "TrivialAugment", 2021, section 3, the wide space.
    """

    stream = 4
    steps = OPERATION_STEPS

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        drawn = chance.uniform(stream, 3)
        return operation_steps(
            choose(drawn[:, 0], len(OPERATIONS)),
            choose(drawn[:, 1], LEVELS + 1) / LEVELS,
            sign(drawn[:, 2]),
            _RANGES,
            size,
        )
