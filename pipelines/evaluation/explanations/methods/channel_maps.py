"""Maps out of the channels of a stage, and what the answer makes of them.

Each takes the activations A of a stage and, save one, the gradients G of the
answer, both `(height, width, channels)` a picture, and returns
`(pictures, height, width)`. What speaks against the class is negative;
whoever shows a map leaves that out (the papers' ReLU).
"""

import numpy as np

from pipelines.evaluation.explanations.glances import Glance

# Keeps apart what Grad-CAM++ divides by and nothing, as its authors' code.
_EPSILON = 1e-6


def grad_cam(glance: Glance) -> np.ndarray:
    """Channels by the means of their gradients.

    Selvaraju et al., "Grad-CAM", 2017, equations 1 and 2.
    """
    weights = glance.gradients.mean(axis=(1, 2))
    return np.einsum("phwc,pc->phw", glance.activations, weights)


def hires_cam(glance: Glance) -> np.ndarray:
    """Each activation by its own gradient.

    Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful
    explanations", 2020.
    """
    return (glance.gradients * glance.activations).sum(axis=-1)


def grad_cam_plus_plus(glance: Glance) -> np.ndarray:
    """Channels by gradients that are weighed place by place.

    Chattopadhyay et al., "Grad-CAM++", 2018, equation 19, of the exponential
    of the answer.
    """
    gradients = glance.gradients
    squared = gradients**2
    sums = glance.activations.sum(axis=(1, 2), keepdims=True)
    below = 2 * squared + sums * squared * gradients + _EPSILON
    shares = np.where(gradients != 0, squared / below, 0)
    weights = (np.maximum(gradients, 0) * shares).sum(axis=(1, 2))
    return np.einsum("phwc,pc->phw", glance.activations, weights)


def layer_cam(glance: Glance) -> np.ndarray:
    """Each activation by its own gradient where that is positive.

    Jiang et al., "LayerCAM", 2021.
    """
    gradients = np.maximum(glance.gradients, 0)
    return (gradients * glance.activations).sum(axis=-1)


def eigen_cam(glance: Glance) -> np.ndarray:
    """What differs most between places, whatever is asked.

    Muhammad and Yeasin, "Eigen-CAM", 2020; centred, as others do it. A
    direction has two ends, of which the paper chooses none: here the places of
    large activations are hot.
    """
    pictures, height, width, channels = glance.activations.shape
    places = glance.activations.reshape(pictures, height * width, channels)
    centred = places - places.mean(axis=1, keepdims=True)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    found = np.einsum("pnc,pc->pn", centred, directions[:, 0])
    sizes = np.linalg.norm(places, axis=-1)
    ends = np.einsum("pn,pn->p", found, sizes - sizes.mean(1, keepdims=True))
    found = found * np.where(ends < 0, -1, 1)[:, np.newaxis]
    return found.reshape(pictures, height, width)
