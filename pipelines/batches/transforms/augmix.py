"""AugMix: short chains of operations, mixed with the picture itself."""

import dataclasses

import numpy as np

from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.chance import choose
from pipelines.batches.transforms.chance import sign
from pipelines.batches.transforms.compiling import compiled
from pipelines.batches.transforms.compiling import copy
from pipelines.batches.transforms.compiling import fill
from pipelines.batches.transforms.operations import OPERATION_STEPS
from pipelines.batches.transforms.operations import OPERATIONS
from pipelines.batches.transforms.operations import Ranges
from pipelines.batches.transforms.operations import operation_steps
from pipelines.batches.transforms.steps import Step
from pipelines.batches.transforms.steps import column
from pipelines.batches.transforms.steps import in_turn
from pipelines.batches.transforms.steps import where

_RANGES = Ranges(
    shear=0.3, translate=1 / 3, rotate=30.0, enhance=0.9, posterize=4
)
# What the usual corruption benchmarks test is left out.
_OPERATIONS = np.array(
    [
        OPERATIONS.index(name)
        for name in OPERATIONS
        if name not in ("brightness", "saturation", "contrast", "sharpness")
        and name != "identity"
    ]
)
_CHAINS = 3


def _begin_sum(image, scratch, p):
    copy(image, scratch.first)
    # A half, because fractions are cut off at the end.
    fill(scratch.total, np.float32(0.5))
    _accumulate(scratch.total, image, np.float32(p[0]))


def _add_to_sum(image, scratch, p):
    _accumulate(scratch.total, image, np.float32(p[0]))
    # The next chain begins with the picture itself again.
    copy(scratch.first, image)


@compiled
def _accumulate(total, image, weight):
    sums, levels = total.reshape(-1), image.reshape(-1)
    for i in range(len(sums)):
        sums[i] += weight * np.float32(levels[i])


@compiled
def _finish(total, image):
    sums, levels = total.reshape(-1), image.reshape(-1)
    for i in range(len(sums)):
        levels[i] = np.uint8(np.int32(min(sums[i], np.float32(255))))


# A picture and changed ones of it, added up by weights.
BEGIN_SUM = Step(14, _begin_sum)
ADD_TO_SUM = Step(15, _add_to_sum)
END_SUM = Step(16, lambda image, scratch, p: _finish(scratch.total, image))


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

    stream = 4
    steps = (*OPERATION_STEPS, BEGIN_SUM, ADD_TO_SUM, END_SUM)

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        drawn = chance.uniform(stream, 1 + _CHAINS * (2 + 3 * self.depth))
        mixed, drawn = drawn[:, 0], drawn[:, 1:]
        chains = drawn.reshape(len(drawn), _CHAINS, -1)
        # Dirichlet(1, 1, 1) is exponential numbers divided by their sum.
        weights = -np.log1p(-chains[..., 0])
        weights *= mixed[:, np.newaxis] / weights.sum(1, keepdims=True)
        columns = [BEGIN_SUM(1 - mixed)]
        for chain in range(_CHAINS):
            columns += self._chain(chains[:, chain, 1:], size)
            columns.append(ADD_TO_SUM(weights[:, chain]))
        columns.append(column(np.full(len(drawn), END_SUM.code, "float64")))
        return in_turn(*columns)

    def _chain(self, drawn: np.ndarray, size: int) -> list[np.ndarray]:
        lengths = 1 + choose(drawn[:, 0], self.depth)
        operations = drawn[:, 1:].reshape(len(drawn), self.depth, 3)
        columns = []
        for place in range(self.depth):
            which, strength, way = operations[:, place].T
            made = operation_steps(
                _OPERATIONS[choose(which, len(_OPERATIONS))],
                choose(strength, self.severity) / 9,
                sign(way),
                _RANGES,
                size,
            )
            columns.append(where(place < lengths, made))
        return columns
