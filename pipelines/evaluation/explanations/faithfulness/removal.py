"""What is left of an answer where the hottest or the coldest pixels go.

Petsiuk et al., "RISE", 2018 (deletion and insertion), with the imputation of
Rong et al., 2022.
"""

import dataclasses

import numpy as np

from pipelines.evaluation.explanations.faithfulness.imputation import imputed
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target
from pipelines.waiting.work import work

# Parts of a picture's pixels that are removed, or kept.
PARTS = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclasses.dataclass(frozen=True, eq=False)
class Removal:
    """How likely the answer still is; all in 0…1.

    Args:
        whole: `(pictures,)`: of the pictures as they are.
        deleted: `(pictures, parts)`: without the hottest part.
        kept: `(pictures, parts)`: with the hottest part alone.
    """

    whole: np.ndarray
    deleted: np.ndarray
    kept: np.ndarray

    @property
    def deletion(self) -> np.ndarray:
        """The mean without the hottest parts: a true map makes it small."""
        return self.deleted.mean(axis=1)

    @property
    def insertion(self) -> np.ndarray:
        """The mean with nothing else: a true map makes it large."""
        return self.kept.mean(axis=1)


def removal(
    network: ExplainedNetwork,
    pixels: np.ndarray,
    target: Target,
    heats: np.ndarray,
    *,
    parts: tuple[float, ...] = PARTS,
    grey: np.ndarray | None = None,
    seed: int = 0,
) -> Removal:
    """Removes pixels by a map, and asks again.

    Args:
        network: Which is asked.
        pixels: `(pictures, height, width, 3)`, 0…255.
        target: What is asked.
        heats: `(pictures, height, width)`: how hot each pixel is. Of equally
            hot ones chance takes some.
        parts: In 0…1, without either.
        grey: The pixel that takes their place, where they are not imputed.
        seed: Of that chance, and of the noise.
    """
    deleted, kept = [], []

    def without(picture, missing, random):
        if grey is None:
            return imputed(picture, missing, random)
        return np.where(missing[..., np.newaxis], grey, picture)

    with work("removing pixels", "picture") as piece:
        for place, picture in enumerate(pixels):
            random = np.random.default_rng((seed, place))
            ranks = _ranks(heats[place], random)
            for part in parts:
                count = round(part * ranks.size)
                deleted.append(without(picture, ranks < count, random))
                kept.append(without(picture, ranks >= count, random))
            piece.count(place + 1, len(pixels))
    rows = np.repeat(np.arange(len(pixels)), len(parts))
    shape = (len(pixels), len(parts))
    return Removal(
        target.probability(network.logits(pixels)),
        *(
            target[rows]
            .probability(network.logits(np.stack(some).astype("float32")))
            .reshape(shape)
            for some in (deleted, kept)
        ),
    )


def _ranks(heat: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The place of each pixel in the order of heat, the hottest being 0."""
    chance = random.permutation(heat.size)
    order = np.lexsort((chance, -heat.ravel()))
    ranks = np.empty(heat.size, int)
    ranks[order] = np.arange(heat.size)
    return ranks.reshape(heat.shape)
