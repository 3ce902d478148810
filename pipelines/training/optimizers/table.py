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
        fine_tuning_rate: The same for a head on features that have learned.
        below_head: What that is multiplied by for the stages below, where
            they learn too: 1 for optimizers whose steps are as long as the
            gradients, which are small there.
    """

    build: Callable[[float, float, float], keras.optimizers.Optimizer]
    learning_rate: float
    fine_tuning_rate: float
    below_head: float = 1.0


# The rates of rmsprop, lamb and lars are those of known recipes: EfficientNet's
# code, "ResNet strikes back" (8e-3 for 2048), and 25 for a batch of 16384 in
# TensorFlow's ResNet for TPUs. In fine-tuning sgd's is measured
# (docs/transfer.md). Adam's steps are as long as the rate whatever the
# gradient: 1e-3 suits a new head, and weights that have learned take about
# 1e-4 of AdamW in BEiT's and MAE's fine-tuning, for a batch of 256. A step of
# LAMB or LARS is a part of the weights' length, so that one rate suits both.
OPTIMIZERS = {
    "sgd": OptimizerRow(lambda rate, l2, m: SGDWithL2(rate, l2, m), 0.2, 0.4),
    "momentum": OptimizerRow(
        lambda rate, l2, m: SGDWithL2(rate, l2, m, nesterov=False), 0.1, 0.2
    ),
    "adamw": OptimizerRow(
        lambda rate, decay, m: AdamW(rate, decay, m), 1e-3, 1e-3, 0.2
    ),
    "rmsprop": OptimizerRow(
        lambda rate, l2, m: RMSpropTF(rate, l2, m), 0.016, 0.016, 0.2
    ),
    "lamb": OptimizerRow(
        lambda rate, decay, m: LAMB(rate, decay, m), 1e-3, 1e-3
    ),
    "lars": OptimizerRow(lambda rate, l2, m: LARS(rate, l2, m), 0.4, 0.4),
}
