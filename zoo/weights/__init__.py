"""Weights: where they come from, how they are read, how they fit a model.

What only names them needs neither Keras nor NumPy; the rest is loaded when
it is first used.
"""

from zoo.importing import late_names
from zoo.weights.locating import check_weights
from zoo.weights.sources import WEIGHTS
from zoo.weights.sources import WeightsSource
from zoo.weights.sources import find_source

__all__ = [
    "WEIGHTS",
    "LoadReport",
    "Pretrained",
    "WeightsSource",
    "check_weights",
    "find_source",
    "load_weights",
    "read_weights",
    "save_weights",
]

__getattr__ = late_names(
    __name__,
    {
        "LoadReport": "zoo.weights.fitting",
        "Pretrained": "zoo.weights.pretrained",
        "load_weights": "zoo.weights.fitting",
        "read_weights": "zoo.weights.files",
        "save_weights": "zoo.weights.files",
    },
)


def __dir__():
    return sorted({*globals(), *__all__})
