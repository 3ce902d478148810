"""All methods that draw maps: from a `Glance` to a map of each picture."""

from collections.abc import Callable

import numpy as np

from pipelines.evaluation.explanations.glances import Glance
from pipelines.evaluation.explanations.methods.channel_maps import eigen_cam
from pipelines.evaluation.explanations.methods.channel_maps import grad_cam
from pipelines.evaluation.explanations.methods.channel_maps import (
    grad_cam_plus_plus,
)
from pipelines.evaluation.explanations.methods.channel_maps import hires_cam
from pipelines.evaluation.explanations.methods.channel_maps import layer_cam
from pipelines.evaluation.explanations.methods.occlusion import occlusion
from pipelines.evaluation.explanations.methods.pixel_gradients import (
    integrated_gradients,
)
from pipelines.evaluation.explanations.methods.pixel_gradients import (
    smooth_grad,
)
from pipelines.evaluation.explanations.methods.random_map import random_map
from pipelines.evaluation.explanations.methods.rollout import attention_rollout
from pipelines.evaluation.explanations.methods.score_cam import score_cam

METHODS: dict[str, Callable[[Glance], np.ndarray]] = {
    "grad_cam": grad_cam,
    "hires_cam": hires_cam,
    "grad_cam_plus_plus": grad_cam_plus_plus,
    "layer_cam": layer_cam,
    "eigen_cam": eigen_cam,
    "score_cam": score_cam,
    "integrated_gradients": integrated_gradients,
    "smooth_grad": smooth_grad,
    "occlusion": occlusion,
    "attention_rollout": attention_rollout,
    "random": random_map,
}
