"""The figures that stand beside each method: whether its maps are true."""

import dataclasses

import numpy as np

from pipelines.evaluation.explanations.enlarging import heat
from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.faithfulness.pointing import (
    pointing_game,
)
from pipelines.evaluation.explanations.faithfulness.randomisation import (
    likeness,
)
from pipelines.evaluation.explanations.faithfulness.randomisation import (
    randomised,
)
from pipelines.evaluation.explanations.faithfulness.removal import Removal
from pipelines.evaluation.explanations.faithfulness.removal import removal
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target


@dataclasses.dataclass(frozen=True, eq=False)
class Figures:
    """How true the maps of a method are.

    Args:
        removal: What is left of the answers without and with what is hot.
        pointing: The part of the heat that falls on the right one of two
            pictures, in 0…1, a number a game; empty where there is no game.
        likeness: How alike the maps of the same network with random weights
            are, in -1…1, a number a picture.
    """

    removal: Removal
    pointing: np.ndarray
    likeness: np.ndarray


def figures(
    network: ExplainedNetwork,
    pixels: np.ndarray,
    target: Target,
    maps: dict[str, np.ndarray],
    seed: int = 0,
) -> dict[str, Figures]:
    """Measures maps that have been drawn.

    Args:
        network: Which drew them.
        pixels: Of what, `(pictures, height, width, 3)`, 0…255.
        target: What was asked.
        maps: By the method's name, as `explain` returns them.
        seed: Of all that is drawn by chance.
    """
    methods, sides = tuple(maps), pixels.shape[1:3]
    # Whatever is asked: of one class alone there is no game.
    likeliest = Target(network.logits(pixels).argmax(axis=1))
    games = pointing_game(network, pixels, likeliest, methods, seed)
    others = explain(
        randomised(network, seed), pixels, target, methods, seed + 1
    )
    return {
        name: Figures(
            removal(
                network, pixels, target, heat(maps[name], sides), seed=seed
            ),
            games[name],
            likeness(maps[name], others[name]),
        )
        for name in methods
    }
