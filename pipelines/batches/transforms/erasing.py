"""Random erasing: a rectangle of noise, so that no part alone decides."""

import dataclasses

import numpy as np

from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.compiling import compiled
from pipelines.batches.transforms.steps import Step
from pipelines.batches.transforms.steps import where

_MULTIPLIER = np.uint64(6364136223846793005)
_INCREMENT = np.uint64(1442695040888963407)
_TOP = np.uint64(56)


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


ERASE = Step(
    12,
    lambda image, scratch, p: erase(image, p[0], p[1], p[2], p[3], p[4]),
)


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

    stream = 5
    steps = (ERASE,)

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
        erased = ERASE(top, left, height, width, seed)
        return where(drawn[:, 0] < self.probability, erased)
