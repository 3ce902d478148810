"""What is changed in weights so that they fit a model of another shape.

Three things may differ from the model that was trained: the number of
classes, the channels of a picture and its size. Nothing else is adapted.
"""

import math

import numpy as np

from zoo.nesting import layer_at
from zoo.stages import stage_name
from zoo.weights.position_embeddings import resample_position_embeddings


def replaced_head(
    variables, tensors, *, own_head: bool = False
) -> dict[str, str]:
    """Returns the head's names and why the file's head does not fill it.

    Empty where it does. Where the file has a head of another number of
    classes, or none at all, the whole head keeps its values.

    Args:
        variables: Of the model, by their names.
        tensors: Of the file, by the same.
        own_head: Whether it keeps them, too, where the file's head is for
            another size of pictures: AlexNet's has a weight for each place.
    """
    head = [key for key in variables if stage_name(key) == "head"]
    if head and not any(key in tensors for key in head):
        return dict.fromkeys(head, "no head in the file")
    if own_head and any(
        _other_inputs(variables[key], tensors.get(key)) for key in head
    ):
        return dict.fromkeys(head, "for another size in the file")
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


def _other_inputs(variable, tensor) -> bool:
    if tensor is None or tensor.ndim != len(variable.shape):
        return False
    return tuple(variable.shape[:-1]) != tensor.shape[:-1]


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


def adapt_positions(
    model, variables, tensors, grid: tuple[int, int] | None = None
) -> dict[str, np.ndarray]:
    """Resamples learned position embeddings to the model's grid of patches.

    Grids are compared, not how many patches they have: 7 x 28 are as many as
    14 x 14, and lie elsewhere.

    Args:
        model: Whose weights they become.
        variables: The model's weights by name.
        tensors: Those of the file.
        grid: Rows and columns in the file. Where nothing says them, as in the
            files of other libraries, they are a square.

    Returns:
        The changed tensors by their names; empty where all fit.
    """
    changed = {}
    for key, variable in variables.items():
        tensor = tensors.get(key)
        if not key.endswith("/position_embeddings") or tensor is None:
            continue
        if tensor.ndim != 2 or tensor.shape[1] != variable.shape[1]:
            continue
        patches = tensor.shape[0] - 1
        side = math.isqrt(max(patches, 0))
        theirs = tuple(grid or (side, side))
        ours = layer_at(model, key.rpartition("/")[0]).grid
        if theirs == ours or patches < 1 or math.prod(theirs) != patches:
            continue
        changed[key] = resample_position_embeddings(tensor, theirs, ours)
    return changed
