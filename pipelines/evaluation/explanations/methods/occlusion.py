"""Covering places of a picture, and seeing what that takes away."""

import itertools

import numpy as np

from pipelines.evaluation.explanations.glances import Glance
from pipelines.evaluation.explanations.glances import over_copies

# Of a picture's side: the window, and by how much it moves.
_WINDOW, _STEP = 1 / 7, 1 / 14


def occlusion(glance: Glance) -> np.ndarray:
    """How much the answer falls where a grey window covers a place.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks",
    2014, section 4.2.

    Returns:
        `(pictures, height, width)`: of each pixel the mean over the windows
            that cover it.
    """
    height, width = glance.pixels.shape[1:3]
    windows = [
        (slice(top, top + tall), slice(left, left + wide))
        for (top, tall), (left, wide) in itertools.product(
            _spans(height), _spans(width)
        )
    ]

    def covered(place, numbers):
        copies = np.repeat(glance.pixels[place : place + 1], len(numbers), 0)
        copies = copies.astype("float32")
        for copy, number in zip(copies, numbers, strict=True):
            copy[windows[number]] = glance.network.grey
        return copies

    left = over_copies(glance, len(windows), covered, glance.scores)
    whole = (glance.network.logits(glance.pixels) * glance.directions).sum(
        axis=1
    )
    falls = whole[:, np.newaxis] - left
    heat = np.zeros((len(falls), height, width), "float32")
    covers = np.zeros((height, width), "float32")
    for number, window in enumerate(windows):
        heat[:, *window] += falls[:, number, np.newaxis, np.newaxis]
        covers[window] += 1
    return heat / covers


def _spans(side: int) -> list[tuple[int, int]]:
    """Where windows begin, and how long they are, up to the side's end."""
    length = max(1, round(side * _WINDOW))
    step = max(1, round(side * _STEP))
    starts = [*range(0, side - length, step), side - length]
    return [(start, length) for start in starts]
