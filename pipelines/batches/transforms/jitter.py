"""Colour jitter: brightness, contrast and saturation by their own factors."""

import dataclasses

import numpy as np

from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.compiling import compiled_with_caller
from pipelines.batches.transforms.levels import mean_grey
from pipelines.batches.transforms.levels import mix_with_grey
from pipelines.batches.transforms.steps import Step


@compiled_with_caller
def jitter(image, light, away, colourful):
    """Changes brightness, contrast and saturation at once, and rounds.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        light: The factor of brightness.
        away: The factor of contrast.
        colourful: The factor of saturation.
    """
    offset = (1 - away) * light * mean_grey(image)
    own = light * away * colourful
    mix_with_grey(image, own, light * away - own, offset + 0.5)


JITTER = Step(10, lambda image, scratch, p: jitter(image, p[0], p[1], p[2]))


@dataclasses.dataclass(frozen=True)
class ColorJitter:
    """Multiplies brightness, contrast and saturation.

    Args:
        strength: Each has its own factor of 1 - strength … 1 + strength.
    """

    strength: float

    stream = 2
    steps = (JITTER,)

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        factors = 1 + self.strength * (2 * chance.uniform(stream, 3) - 1)
        return JITTER(*factors.T)
