"""The optimizers by their names."""

import dataclasses
from collections.abc import Callable

import keras

from pipelines.training.optimizers.adam import LAMB
from pipelines.training.optimizers.adam import AdamW
from pipelines.training.optimizers.lars import LARS
from pipelines.training.optimizers.rmsprop import RMSpropTF
from pipelines.training.optimizers.sgd import SGDWithL2


@dataclasses.dataclass(frozen=True)
class OptimizerRow:
    """One optimizer.

    Args:
        build: Given a learning rate, a weight decay and a momentum, returns
            it, not built.
        learning_rate: Highest rate for a batch of 256 where nobody says it.
    """

    build: Callable[[float, float, float], keras.optimizers.Optimizer]
    learning_rate: float


# The rates of rmsprop, lamb and lars are those of known recipes: EfficientNet's
# code, "ResNet strikes back" (8e-3 for 2048), and 25 for a batch of 16384 in
# TensorFlow's ResNet for TPUs.
OPTIMIZERS = {
    "sgd": OptimizerRow(lambda rate, l2, m: SGDWithL2(rate, l2, m), 0.2),
    "momentum": OptimizerRow(
        lambda rate, l2, m: SGDWithL2(rate, l2, m, nesterov=False), 0.1
    ),
    "adamw": OptimizerRow(lambda rate, decay, m: AdamW(rate, decay, m), 1e-3),
    "rmsprop": OptimizerRow(lambda rate, l2, m: RMSpropTF(rate, l2, m), 0.016),
    "lamb": OptimizerRow(lambda rate, decay, m: LAMB(rate, decay, m), 1e-3),
    "lars": OptimizerRow(lambda rate, l2, m: LARS(rate, l2, m), 0.4),
}
