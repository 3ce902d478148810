"""Which family a model is of, read from the model itself.

What a file says of itself decides nothing: the network of that name is built
again, and has to have the same layers with weights of the same shapes.
"""

import zoo
from zoo.layers import PixelScaling
from zoo.model_metadata import find_layer
from zoo.registry import list_models

ALEXNET, RESNET, OPEN = "alexnet", "resnet", "open"
FAMILIES = (ALEXNET, RESNET, OPEN)


def family_of(model) -> tuple[str, str]:
    """Returns a model's family and its network's name.

    Args:
        model: A model of the zoo, as it was loaded.

    Returns:
        `"alexnet"` or `"resnet"` and the network's name; `"open"` and the
        name of any other network, which is empty where it is none of the
        zoo's.

    Example:

    ```python
    import zoo
    from pipelines.challenge.families import family_of
    assert family_of(zoo.create_model("resnet20")) == ("resnet", "resnet20")
    ```
    """
    scaling = find_layer(model, PixelScaling)
    variant = scaling.variant if scaling else None
    if variant not in list_models():
        return OPEN, ""
    again = zoo.create_model(
        variant,
        classes=model.output_shape[-1],
        input_shape=model.input_shape[1:],
        origin=scaling.origin,
    )
    if _outline(again) != _outline(model):
        return OPEN, ""
    family = zoo.model_info(variant).family
    return (family if family in FAMILIES else OPEN), variant


def _outline(model) -> list[tuple]:
    """Every layer that computes with weights: what it is, and of which shape.

    A run may have given a layer another name, or left dropout out.
    """
    return [
        (type(layer).__name__, [tuple(each.shape) for each in layer.weights])
        for layer in model.layers
        if layer.weights
    ]
