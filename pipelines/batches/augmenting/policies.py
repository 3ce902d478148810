"""RandAugment, TrivialAugment and AugMix: operations drawn at random.

Each record draws steps for some pictures (`augmenting.steps`).
"""

import dataclasses

import numpy as np

from pipelines.batches.augmenting import steps
from pipelines.batches.augmenting.chance import Chance
from pipelines.batches.augmenting.chance import choose
from pipelines.batches.augmenting.chance import sign
from pipelines.batches.augmenting.operations import OPERATIONS
from pipelines.batches.augmenting.operations import Ranges
from pipelines.batches.augmenting.operations import operation_steps

LEVELS = 30
_PLAIN = Ranges(
    shear=0.3, translate=150 / 331, rotate=30.0, enhance=0.9, posterize=4
)
_WIDE = Ranges(
    shear=0.99, translate=32, rotate=135.0, enhance=0.99, posterize=6
)
_MIXED = Ranges(
    shear=0.3, translate=1 / 3, rotate=30.0, enhance=0.9, posterize=4
)
# AugMix leaves out what the usual corruption benchmarks test.
_MIXED_OPERATIONS = np.array(
    [
        OPERATIONS.index(name)
        for name in OPERATIONS
        if name not in ("brightness", "saturation", "contrast", "sharpness")
        and name != "identity"
    ]
)
_CHAINS = 3


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

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        drawn = chance.uniform(stream, 2 * self.layers)
        return steps.in_turn(
            *(
                operation_steps(
                    choose(drawn[:, 2 * layer], len(OPERATIONS)),
                    self.magnitude / LEVELS,
                    sign(drawn[:, 2 * layer + 1]),
                    _PLAIN,
                    size,
                )
                for layer in range(self.layers)
            )
        )


@dataclasses.dataclass(frozen=True)
class TrivialAugment:
    """One operation of any strength; nothing to be tuned.

    Müller and Hutter, "TrivialAugment", 2021, section 3, the wide space.
    """

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        drawn = chance.uniform(stream, 3)
        return operation_steps(
            choose(drawn[:, 0], len(OPERATIONS)),
            choose(drawn[:, 1], LEVELS + 1) / LEVELS,
            sign(drawn[:, 2]),
            _WIDE,
            size,
        )


@dataclasses.dataclass(frozen=True)
class AugMix:
    """Three short chains of operations, mixed with the picture itself.

    Hendrycks et al., "AugMix", 2019, section 3, with a concentration of 1.
    Without the consistency loss, which is a matter of the training step.

    Args:
        severity: How strong operations are, in 1…10.
        depth: The longest chain; each has 1…depth operations.
    """

    severity: int = 3
    depth: int = 3

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        drawn = chance.uniform(stream, 1 + _CHAINS * (2 + 3 * self.depth))
        mixed, drawn = drawn[:, 0], drawn[:, 1:]
        chains = drawn.reshape(len(drawn), _CHAINS, -1)
        # Dirichlet(1, 1, 1) is exponential numbers divided by their sum.
        weights = -np.log1p(-chains[..., 0])
        weights *= mixed[:, np.newaxis] / weights.sum(1, keepdims=True)
        columns = [steps.step(steps.BEGIN_SUM, 1 - mixed)]
        for chain in range(_CHAINS):
            columns += self._chain(chains[:, chain, 1:], size)
            columns.append(steps.step(steps.ADD_TO_SUM, weights[:, chain]))
        columns.append(
            steps.step(np.full(len(drawn), steps.END_SUM, "float64"))
        )
        return steps.in_turn(*columns)

    def _chain(self, drawn: np.ndarray, size: int) -> list[np.ndarray]:
        lengths = 1 + choose(drawn[:, 0], self.depth)
        operations = drawn[:, 1:].reshape(len(drawn), self.depth, 3)
        columns = []
        for place in range(self.depth):
            which, strength, way = operations[:, place].T
            column = operation_steps(
                _MIXED_OPERATIONS[choose(which, len(_MIXED_OPERATIONS))],
                choose(strength, self.severity) / 9,
                sign(way),
                _MIXED,
                size,
            )
            columns.append(steps.where(place < lengths, column))
        return columns
