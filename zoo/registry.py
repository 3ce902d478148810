"""The zoo by name: which models there are, what they cost, how to build one.

Pure Python: a family is imported, and Keras with it, when a model is built.
"""

import dataclasses
import fnmatch
from typing import TYPE_CHECKING
from typing import Unpack

from zoo.building import ModelOptions
from zoo.building import builder
from zoo.cards import CARDS
from zoo.cards import ModelInfo
from zoo.errors import RequestError
from zoo.variants import nearest
from zoo.weights.sources import names_of

if TYPE_CHECKING:
    import keras


def _alexnet():
    from zoo.alexnet import AlexNet

    return AlexNet


def _resnet():
    from zoo.resnet import ResNet

    return ResNet


def _efficientnet():
    from zoo.efficientnet import EfficientNet

    return EfficientNet


def _efficientnetv2():
    from zoo.efficientnetv2 import EfficientNetV2

    return EfficientNetV2


def _mobilenetv3():
    from zoo.mobilenetv3 import MobileNetV3

    return MobileNetV3


def _vit():
    from zoo.vit import ViT

    return ViT


_BUILDERS = {
    "alexnet": _alexnet,
    "resnet": _resnet,
    "efficientnet": _efficientnet,
    "efficientnetv2": _efficientnetv2,
    "mobilenetv3": _mobilenetv3,
    "vit": _vit,
}


def list_models(pattern: str = "*", *, pretrained: bool = False) -> list[str]:
    """Returns the names of the zoo's models, in the order of their tables.

    Args:
        pattern: A shell pattern, such as `"eff*"`.
        pretrained: Only those that have weights.

    Example:

    ```python
    import zoo
    assert zoo.list_models("alexnet*") == [
        "alexnet", "alexnet_owt", "alexnet_cifar"]
    ```
    """
    return [
        name
        for name in fnmatch.filter(CARDS, pattern)
        if not pretrained or names_of(name)
    ]


def model_info(name: str) -> ModelInfo:
    """Returns what is known of a model without building it.

    Raises:
        RequestError: No model has that name; the message has the nearest.

    Example:

    ```python
    import zoo
    info = zoo.model_info("resnet50")
    assert info.parameters == 25_557_032 and info.macs == 4_089_184_256
    ```
    """
    if name not in CARDS:
        raise RequestError(
            f"No model is called {name!r}. Nearest: "
            f"{', '.join(nearest(name, CARDS))}. All: zoo.list_models()."
        )
    return dataclasses.replace(CARDS[name], weights=names_of(name))


@builder
def create_model(
    variant: str, **options: Unpack[ModelOptions]
) -> "keras.Model":
    """Builds a model of the zoo.

    Args:
        variant: One of `list_models()`.
        **options: See `zoo.building.ModelOptions`.

    Returns:
        A flat functional `keras.Model`: RGB pixels, 0…255, uint8 or float,
        of shape `(batch, height, width, 3)` in; float32 logits out.

    Example:

    ```python
    import numpy as np
    import zoo
    model = zoo.create_model("resnet20", classes=3)
    assert model(np.zeros((2, 32, 32, 3), "uint8")).shape == (2, 3)
    ```
    """
    build = _BUILDERS[model_info(variant).family]()
    return build(variant, **options)
