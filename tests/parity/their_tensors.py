"""Random weights as another library calls them, for a model of ours."""

import numpy as np
from cases import SEED
from random_tensors import random_tensors

import zoo
from zoo.weights.files import variable_names
from zoo.weights.translation import TABLES
from zoo.weights.translation import to_theirs


def their_tensors(model, origin, *scales):
    """Random tensors under the names that our tables have for the model's."""
    ours = {
        name: np.broadcast_to(np.float32(0), variable.shape)
        for name, variable in variable_names(model).items()
    }
    family = zoo.model_info(model.name).family
    for table in TABLES:
        theirs = to_theirs(table, ours)
        library = table.library in (origin, origin.partition("/")[0])
        if table.family == family and library and table.fits(theirs):
            shapes = {name: value.shape for name, value in theirs.items()}
            return random_tensors(shapes, SEED, *scales)
    raise AssertionError(f"no table for {model.name} of {origin}")
