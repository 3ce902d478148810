"""Weights: where they come from, how they are read, how they fit a model."""

from zoo.weights.files import read_weights
from zoo.weights.files import save_weights
from zoo.weights.fitting import load_weights
from zoo.weights.pretrained import Pretrained
from zoo.weights.pretrained import check_weights
from zoo.weights.report import LoadReport
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
