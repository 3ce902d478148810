"""Maps out of gradients with regard to pixels."""

import numpy as np

from pipelines.evaluation.explanations.glances import Glance
from pipelines.evaluation.explanations.glances import over_copies

# Points between grey and the picture, those of Gauss and Legendre.
POINTS = 32
# Copies with noise, and its deviation as a part of the range of pixels.
COPIES = 32
NOISE = 0.15
_RANGE = 255


def integrated_gradients(glance: Glance) -> np.ndarray:
    """What each pixel adds on the way from grey to the picture.

    Sundararajan et al., "Axiomatic Attribution for Deep Networks", 2017,
    section 3. Its sum is how much the answer differs from that for grey.

    Returns:
        `(pictures, height, width)`: the sums of a pixel's three colours.
    """
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    nodes, weights = (nodes + 1) / 2, weights / 2
    grey = glance.network.grey
    away = glance.pixels.astype("float32") - grey

    def between(place, numbers):
        parts = nodes[numbers, np.newaxis, np.newaxis, np.newaxis]
        return (grey + parts * away[place]).astype("float32")

    slopes = over_copies(glance, POINTS, between, _weighed(glance, weights))
    return (slopes.sum(axis=1) * away).sum(axis=-1)


def smooth_grad(glance: Glance) -> np.ndarray:
    """The size of the gradient, its mean over copies with noise.

    Smilkov et al., "SmoothGrad", 2017.

    Returns:
        `(pictures, height, width)`, at least 0: the largest of three colours.
    """
    pixels = glance.pixels.astype("float32")

    def noisy(place, numbers):
        return np.stack(
            [
                pixels[place] + _noise(glance.seed, number, pixels[place].shape)
                for number in numbers
            ]
        )

    weights = np.full(COPIES, 1 / COPIES)
    slopes = over_copies(glance, COPIES, noisy, _weighed(glance, weights))
    return np.abs(slopes.sum(axis=1)).max(axis=-1)


def _noise(seed: int, number: int, shape) -> np.ndarray:
    random = np.random.default_rng((seed, number))
    return random.standard_normal(shape, "float32") * (NOISE * _RANGE)


def _weighed(glance: Glance, weights: np.ndarray):
    """Gradients of some copies, multiplied by their weights and added up."""

    def measured(copies, place, numbers):
        asked = np.repeat(glance.directions[place : place + 1], len(copies), 0)
        slopes = glance.network.pixel_gradients(copies, asked)
        return np.einsum(
            "k,khwc->hwc", weights[numbers].astype("float32"), slopes
        )[np.newaxis]

    return measured
