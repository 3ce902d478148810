"""The measure of nothing: a method that is no better than this has none."""

import numpy as np

from pipelines.evaluation.explanations.glances import Glance


def random_map(glance: Glance) -> np.ndarray:
    """A number by chance for each place of the stage, in 0…1.

    As smooth, once it is enlarged, as the maps that it stands beside.
    """
    shape = glance.activations.shape[:3]
    return np.random.default_rng(glance.seed).random(shape, "float32")
