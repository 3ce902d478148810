"""Maps of a stage by what they leave of the answer, without gradients."""

import numpy as np

from pipelines.evaluation.explanations.enlarging import enlarged
from pipelines.evaluation.explanations.glances import Glance
from pipelines.evaluation.explanations.glances import over_copies
from pipelines.tasks.softmax import softmax

_EPSILON = 1e-8


def score_cam(glance: Glance) -> np.ndarray:
    """Channels by the answer for what they leave of the picture.

    Wang et al., "Score-CAM", 2020: a channel, enlarged and
    scaled to 0…1, is laid over the picture; what it hides becomes grey. The
    weights are the softmax of the answers over the channels.

    Returns:
        `(pictures, height, width)`, as large as the stage's maps.
    """
    grey, channels = glance.network.grey, glance.activations.shape[-1]
    sides = glance.pixels.shape[1:3]

    def shown(place, numbers):
        maps = glance.activations[place][..., numbers].transpose(2, 0, 1)
        masks = _scaled(enlarged(maps, sides))[..., np.newaxis]
        return grey + masks * (glance.pixels[place].astype("float32") - grey)

    scores = over_copies(glance, channels, shown, glance.scores)
    weights = softmax(scores)
    return np.einsum("phwc,pc->phw", glance.activations, weights).astype(
        "float32"
    )


def _scaled(maps: np.ndarray) -> np.ndarray:
    least = maps.min(axis=(1, 2), keepdims=True)
    most = maps.max(axis=(1, 2), keepdims=True)
    return (maps - least) / (most - least + _EPSILON)
