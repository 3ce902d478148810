"""Keras callbacks, one behaviour each."""

from pipelines.training.callbacks.best_weights import BestWeights
from pipelines.training.callbacks.checkpoints import Checkpoints
from pipelines.training.callbacks.cosine_restarts import CosineRestarts
from pipelines.training.callbacks.interpolation import Interpolation
from pipelines.training.callbacks.learning_rate import ScheduledRate
from pipelines.training.callbacks.profiler import Profiler
from pipelines.training.callbacks.progress import Progress
from pipelines.training.callbacks.snapshots import Snapshots
from pipelines.training.callbacks.tensorboard import TensorBoard

__all__ = [
    "BestWeights",
    "Checkpoints",
    "CosineRestarts",
    "Interpolation",
    "Profiler",
    "Progress",
    "ScheduledRate",
    "Snapshots",
    "TensorBoard",
]
