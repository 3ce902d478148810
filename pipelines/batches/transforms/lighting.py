"""Lighting: a colour added to all pixels, along ImageNet's components."""

import dataclasses

import numpy as np

from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.compiling import compiled_with_caller
from pipelines.batches.transforms.levels import cut
from pipelines.batches.transforms.levels import look_up
from pipelines.batches.transforms.steps import Step

# Krizhevsky et al. 2012, section 4.1: the principal components of ImageNet's
# pixels in 0…1, as fb.resnet.torch publishes them.
_EIGENVALUES = np.array((0.2175, 0.0188, 0.0045))
_EIGENVECTORS = np.array(
    (
        (-0.5675, 0.7192, 0.4009),
        (-0.5808, -0.0045, -0.8140),
        (-0.5836, -0.6948, 0.4203),
    )
)


@compiled_with_caller
def add(image, red, green, blue):
    """Adds a colour to every pixel, and rounds.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        red: In levels, as the others.
        green: Likewise.
        blue: Likewise.
    """
    table = np.empty((3, 256), np.uint8)
    for level in range(256):
        table[0, level] = cut(np.float32(level + red + 0.5))
        table[1, level] = cut(np.float32(level + green + 0.5))
        table[2, level] = cut(np.float32(level + blue + 0.5))
    look_up(image, table)


def lighting(factors: np.ndarray) -> np.ndarray:
    """Returns colours along the principal components of ImageNet.

    Krizhevsky et al. 2012, section 4.1, where factors have a standard
    deviation of 0.1.

    Args:
        factors: float64 `(…, 3)`: one for each component.

    Returns:
        float64 `(…, 3)`: what `add` takes.
    """
    return 255 * (factors * _EIGENVALUES) @ _EIGENVECTORS.T


ADD = Step(11, lambda image, scratch, p: add(image, p[0], p[1], p[2]))


@dataclasses.dataclass(frozen=True)
class Lighting:
    """Adds the principal components of ImageNet, each by its own factor.

    Args:
        deviation: The standard deviation of the factors.
    """

    deviation: float

    stream = 3
    steps = (ADD,)

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""
        factors = self.deviation * chance.normal(stream, 3)
        return ADD(*lighting(factors).T)
