"""Optimizers: weight decay that spares norms, rates of their own for stages."""

from pipelines.training.optimizers.adam import LAMB
from pipelines.training.optimizers.adam import AdamW
from pipelines.training.optimizers.decay import decays
from pipelines.training.optimizers.lars import LARS
from pipelines.training.optimizers.precision import in_precision
from pipelines.training.optimizers.rates import with_rates
from pipelines.training.optimizers.rmsprop import RMSpropTF
from pipelines.training.optimizers.sgd import SGDWithL2
from pipelines.training.optimizers.table import OPTIMIZERS

__all__ = [
    "LAMB",
    "LARS",
    "OPTIMIZERS",
    "AdamW",
    "RMSpropTF",
    "SGDWithL2",
    "decays",
    "in_precision",
    "with_rates",
]
