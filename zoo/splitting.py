"""Cutting a model in two below a stage: what is frozen, and what learns."""

import keras

from zoo.errors import RequestError
from zoo.layers import ClassToken
from zoo.layers import MeanLogits
from zoo.model_metadata import find_layer
from zoo.stages import stages

# They only choose among features or average them.
_POOLING = (
    ClassToken,
    keras.layers.Flatten,
    keras.layers.GlobalAveragePooling2D,
)


def split(model: keras.Model, stage: str) -> tuple[keras.Model, keras.Model]:
    """Cuts a model in two below a stage; the parts share its layers.

    What only looks at features and has no weights, such as the pooling at
    the head's start, belongs to the lower part: the features handed over are
    as few as they can be.

    Args:
        model: A model of the zoo.
        stage: The lowest stage of the upper part, not the first.

    Returns:
        Pixels to features, and features to what the model returns.

    Raises:
        RequestError: The model has no such stage, nothing lies below it, or
            it is several networks side by side.

    Example:

    ```python
    import numpy as np, zoo
    model = zoo.create_model("resnet20")
    below, above = zoo.split(model, "head")
    pixels = np.zeros((1, 32, 32, 3), "uint8")
    assert below(pixels).shape == (1, 64)
    parts, whole = above(below(pixels)), model(pixels)
    assert np.array_equal(parts, whole)
    ```
    """
    if find_layer(model, MeanLogits):
        raise RequestError(
            f"{model.name!r} is several networks side by side, which no stage "
            "cuts in two. Give one of the models that it was made of."
        )
    found = stages(model)
    names = [candidate.name for candidate in found]
    if stage not in names[1:]:
        raise RequestError(
            f"{model.name!r} cannot be cut below {stage!r}. Expected one of: "
            f"{', '.join(names[1:])}."
        )
    place = names.index(stage)
    boundary = _past_pooling(found[place - 1].output, found[place].layers)
    return (
        keras.Model(model.input, boundary, name=f"{model.name}_below_{stage}"),
        keras.Model(boundary, model.output, name=f"{model.name}_{stage}"),
    )


def _past_pooling(tensor, layers):
    """The last tensor of a chain that begins with pooling alone."""
    for layer in layers:
        if not isinstance(layer, _POOLING) or layer.input is not tensor:
            break
        tensor = layer.output
    return tensor
