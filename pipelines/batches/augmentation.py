"""What training does to a picture: augmentations by name, rows of a table.

Nothing heavy is imported here: the table is read for its names as well.
"""

import dataclasses
from typing import Protocol

import numpy as np

from pipelines.batches.layer_words import LayerWords
from pipelines.batches.layer_words import read
from pipelines.batches.transforms.augmix import AugMix
from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.erasing import RandomErasing
from pipelines.batches.transforms.gridmask import GridMask
from pipelines.batches.transforms.jitter import ColorJitter
from pipelines.batches.transforms.lighting import Lighting
from pipelines.batches.transforms.randaugment import RandAugment
from pipelines.batches.transforms.shift import RandomShift
from pipelines.batches.transforms.steps import Step
from pipelines.batches.transforms.steps import in_turn
from pipelines.batches.transforms.steps import nothing
from pipelines.batches.transforms.trivialaugment import TrivialAugment


class Transform(Protocol):
    """Something that chance does to a picture that is cut and mirrored.

    Args:
        stream: Of its random numbers; no other transform of the same
            augmentation has it. 1 and 6 are those of `Augmentation`.
        steps: What it may do.
    """

    stream: int
    steps: tuple[Step, ...]

    def draw(self, chance: Chance, stream: int, size: int) -> np.ndarray:
        """Returns steps for pictures of `size` x `size` pixels."""


# Streams of random numbers; the crop's are those of its own operation.
FLIP_STREAM, PATCH_STREAM = 1, 6


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How a crop is chosen and what happens to it.

    Args:
        area: Smallest and largest part of the picture that a crop covers,
            or None to take the whole picture as evaluation does.
        aspect_ratio: Smallest and largest width / height of a crop.
        patch: Where more than 1, the middle square is made this many times
            as large as the image size, which is then cut out at random.
        flip: Whether half of the pictures are mirrored.
        transforms: What happens then, in this order.
        layers: Of Keras and keras-cv, what happens to whole batches after
            that (`pipelines.batches.keras_layers`).

    Raises:
        ValueError: Two transforms draw from one stream.
    """

    area: tuple[float, float] | None = None
    aspect_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    patch: float = 1.0
    flip: bool = True
    transforms: tuple[Transform, ...] = ()
    layers: tuple[LayerWords, ...] = ()

    def __post_init__(self):
        streams = [FLIP_STREAM, PATCH_STREAM]
        streams += [transform.stream for transform in self.transforms]
        if len(set(streams)) < len(streams):
            raise ValueError(
                "Each transform draws from a stream of its own. Received: "
                f"{self.transforms}"
            )

    @property
    def changes(self) -> bool:
        """Whether a picture is ever read otherwise than in evaluation."""
        plain = Augmentation(flip=False, layers=self.layers)
        return self != plain

    @property
    def steps(self) -> tuple[Step, ...]:
        """All that its transforms may do."""
        return tuple(
            step for transform in self.transforms for step in transform.steps
        )

    def draw(self, chance: Chance, size: int) -> np.ndarray:
        """Draws what happens to pictures after they are cut and mirrored.

        Args:
            chance: Of their samples.
            size: The pictures' height and width, in pixels.

        Returns:
            float64 `(pictures, steps, 7)`.
        """
        drawn = (
            transform.draw(chance, transform.stream, size)
            for transform in self.transforms
        )
        return in_turn(nothing(len(chance)), *drawn)


_INCEPTION = (0.08, 1.0)

AUGMENTATIONS = {
    "none": Augmentation(flip=False),
    # He et al. 2015, section 4.2: 4 pixels of 32.
    "shift": Augmentation(transforms=(RandomShift(1 / 8),)),
    # Szegedy et al. 2014, section 6, as torchvision's reference has it.
    "crop": Augmentation(_INCEPTION),
    "gentle": Augmentation((0.35, 1.0), transforms=(ColorJitter(0.2),)),
    "standard": Augmentation((0.25, 1.0), transforms=(ColorJitter(0.4),)),
    # Krizhevsky et al. 2012, section 4.1: 224 pixels out of 256.
    "alexnet": Augmentation(patch=8 / 7, transforms=(Lighting(0.1),)),
    "randaugment": Augmentation(_INCEPTION, transforms=(RandAugment(),)),
    # 6 of 10, as Wightman et al. 2021 count.
    "randaugment_6_of_10": Augmentation(
        _INCEPTION, transforms=(RandAugment(magnitude=18),)
    ),
    "trivialaugment": Augmentation(_INCEPTION, transforms=(TrivialAugment(),)),
    "augmix": Augmentation(_INCEPTION, transforms=(AugMix(),)),
    "erasing": Augmentation(_INCEPTION, transforms=(RandomErasing(),)),
    "gridmask": Augmentation(_INCEPTION, transforms=(GridMask(),)),
}


def all_steps() -> tuple[Step, ...]:
    """Returns every step that a row of the table may take, by its code.

    Raises:
        ValueError: Two steps have one code.
    """
    found: dict[int, Step] = {}
    for augmentation in AUGMENTATIONS.values():
        for step in augmentation.steps:
            if found.setdefault(step.code, step) is not step:
                raise ValueError(f"Two steps have the code {step.code}.")
    return tuple(found[code] for code in sorted(found))


def find_augmentation(words: str) -> Augmentation:
    """Returns an augmentation by its name, or by name and layers.

    Args:
        words: As `pipelines.batches.layer_words` reads them. Layers alone
            change pictures that are only resized.

    Raises:
        RequestError: There is none of that name.
    """
    if words in AUGMENTATIONS:
        return AUGMENTATIONS[words]
    name, layers = read(words)
    name = name or "none"
    if name not in AUGMENTATIONS:
        # The zoo imports Keras.
        from zoo.errors import RequestError
        from zoo.variants import nearest

        raise RequestError(
            f"`augmentation={name}` is not known. Nearest: "
            f"{nearest(name, AUGMENTATIONS)[0]}. Expected one of: "
            f"{', '.join(AUGMENTATIONS)}."
        )
    return dataclasses.replace(AUGMENTATIONS[name], layers=layers)
