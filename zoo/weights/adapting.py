"""What is changed in weights so that they fit a model of another shape.

Three things may differ from the model that was trained: the number of
classes, the channels of a picture and its size. Nothing else is adapted.
"""

import math

import numpy as np

from zoo.stages import stage_name
from zoo.weights.position_embeddings import resample_position_embeddings


def replaced_head(variables, tensors) -> dict[str, str]:
    """Returns the head's names and why the file's head does not fill it.

    Empty where it does. Where the file has a head of another number of
    classes, or none at all, the whole head keeps its values.
    """
    head = [key for key in variables if stage_name(key) == "head"]
    if head and not any(key in tensors for key in head):
        return dict.fromkeys(head, "no head in the file")
    return (
        {
            key: f"{tensors[key].shape[-1]} classes in the file"
            for key in head
            if key in tensors
        }
        if any(_other_classes(variables[key], tensors.get(key)) for key in head)
        else {}
    )


def _other_classes(variable, tensor) -> bool:
    if tensor is None or tensor.ndim != len(variable.shape):
        return False
    *wanted, classes = variable.shape
    *found, received = tensor.shape
    return wanted == found and classes != received


def adapt_stem(variables, tensors) -> dict[str, np.ndarray]:
    """Adapts the first convolution to pictures of other than 3 channels.

    As `timm` does: for grey pictures the kernels for R, G and B are summed;
    for more channels they repeat in that order, and are scaled so that
    a picture of one brightness gives what it gave. `Preprocessing.statistics`
    treats mean and standard deviation alike.

    Returns:
        The changed tensor by its name; empty where it fits or cannot.
    """
    key = next((key for key in variables if key.endswith("/kernel")), None)
    tensor = tensors.get(key)
    if tensor is None or tensor.ndim != 4 or len(variables[key].shape) != 4:
        return {}
    *sides, channels, filters = variables[key].shape
    if tensor.shape != (*sides, 3, filters) or channels == 3:
        return {}
    if channels == 1:
        return {key: tensor.sum(axis=2, keepdims=True, dtype="float32")}
    order = np.arange(channels) % 3
    scale = np.float32(3 / channels)
    return {key: tensor[:, :, order].astype("float32") * scale}


def adapt_positions(model, variables, tensors) -> dict[str, np.ndarray]:
    """Resamples learned position embeddings to the model's grid of patches.

    The grid in the file has to be a square, as there is nothing that says
    otherwise.

    Returns:
        The changed tensors by their names; empty where all fit.
    """
    changed = {}
    for key, variable in variables.items():
        tensor = tensors.get(key)
        if not key.endswith("/position_embeddings") or tensor is None:
            continue
        tokens = tensor.shape[0] if tensor.ndim == 2 else 0
        side = math.isqrt(max(tokens - 1, 0))
        if tensor.shape[1:] != tuple(variable.shape)[1:] or (
            tokens == variable.shape[0] or side < 1 or side**2 + 1 != tokens
        ):
            continue
        grid = model.get_layer(key.rpartition("/")[0]).input.shape[1:3]
        changed[key] = resample_position_embeddings(tensor, (side, side), grid)
    return changed
