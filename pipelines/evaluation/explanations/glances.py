"""A batch of pictures that is explained, and what methods share of it."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target
from pipelines.waiting.work import current


@dataclasses.dataclass(frozen=True, eq=False)
class Glance:
    """Pictures, and what is asked of them; what two methods need is kept.

    Args:
        network: Which is asked.
        pixels: `(pictures, height, width, 3)`, RGB, 0…255; a batch of them.
        target: What is asked.
        seed: Of what a method draws.
    """

    network: ExplainedNetwork
    pixels: np.ndarray
    target: Target
    seed: int = 0

    @functools.cached_property
    def directions(self) -> np.ndarray:
        """What of the logits is asked for, float32 `(pictures, classes)`."""
        return self.target.directions(self.network.classes)

    @functools.cached_property
    def features(self) -> np.ndarray:
        """What the stage returns of the pictures."""
        return self.network.features(self.pixels)

    @property
    def activations(self) -> np.ndarray:
        """The same as maps, `(pictures, height, width, channels)`."""
        return self.network.stage.as_map(self.features)

    @functools.cached_property
    def gradients(self) -> np.ndarray:
        """What the answer changes by with each activation, in their shape."""
        found = self.network.feature_gradients(self.features, self.directions)
        return self.network.stage.as_map(found)

    def scores(self, copies: np.ndarray, place: int, _=None) -> np.ndarray:
        """Returns the answer for changed copies of one of the pictures.

        Args:
            copies: `(copies, height, width, 3)`.
            place: Which picture they are of.
        """
        return self.network.logits(copies) @ self.directions[place]


def over_copies(
    glance: Glance, count: int, changed: Callable, measured: Callable
) -> np.ndarray:
    """Measures many changed copies of each picture, some of them at a time.

    Args:
        glance: The pictures.
        count: Copies of each.
        changed: Given the place of a picture and the numbers of some copies,
            returns them.
        measured: Given them, the place and the numbers, returns an array: a
            row for each, or fewer that stand for all.

    Returns:
        The rows of each picture, `(pictures, rows, …)`.
    """
    size = glance.network.batch_size(glance.pixels)
    numbers = np.arange(count)
    rows = []
    for place in range(len(glance.pixels)):
        parts = []
        for start in range(0, count, size):
            some = numbers[start : start + size]
            parts.append(measured(changed(place, some), place, some))
            if piece := current():
                done = place * count + start + len(some)
                piece.count(done, len(glance.pixels) * count)
        rows.append(np.concatenate(parts))
    return np.stack(rows)
