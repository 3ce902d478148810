"""RandAugment: some operations one after another, all of one strength."""

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
from pipelines.batches.transforms.steps import in_turn

_RANGES = Ranges(
    shear=0.3, translate=150 / 331, rotate=30.0, enhance=0.9, posterize=4
)


@dataclasses.dataclass(frozen=True)
class RandAugment:
    """Some operations one after another, all of one strength.

    Cubuk et al., "RandAugment", 2019, section 3.

    Args:
        layers: How many operations a picture goes through.
        magnitude: How strong they are, in 0…30.
    """

    layers: int = 2
    magnitude: float = 9

    stream = 4
    steps = OPERATION_STEPS

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        drawn = chance.uniform(stream, 2 * self.layers)
        return in_turn(
            *(
                operation_steps(
                    choose(drawn[:, 2 * layer], len(OPERATIONS)),
                    self.magnitude / LEVELS,
                    sign(drawn[:, 2 * layer + 1]),
                    _RANGES,
                    size,
                )
                for layer in range(self.layers)
            )
        )
