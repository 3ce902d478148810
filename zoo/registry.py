"""The zoo by name: which models there are, what they cost, how to build one.

Pure Python: a family is imported, and Keras with it, when a model is built.
"""

import dataclasses
import fnmatch

from zoo.cards import CARDS
from zoo.cards import ModelInfo
from zoo.errors import RequestError
from zoo.variants import nearest
from zoo.weights.sources import names_of


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


def create_model(
    name: str,
    *,
    classes: int | None = None,
    weights=None,
    origin: str | None = None,
    include_top: bool = True,
    input_shape=None,
    classifier_activation=None,
):
    """Builds a model of the zoo.

    Args:
        name: One of `list_models()`.
        classes: Number of classes; that of the weights, or of the paper,
            where None.
        weights: None, a name that `model_info(name).weights` lists, a model
            of the Hugging Face Hub such as `"hf://timm/resnet50.a1_in1k"`, or
            the path of a weight file, ours or another library's.
        origin: Whose network to build, where the weights do not say it:
            `"torchvision"`, `"timm"`, `"timm/tf_efficientnet_b3"`, `"keras"`;
            see `zoo.weights.origins`. They differ in what is no weight, such
            as padding.
        include_top: Whether the head is there.
        input_shape: `(height, width, 3)`; the variant's own where None. With
            another number of channels the first convolution of the weights is
            adapted.
        classifier_activation: None (logits) or an activation's name.

    Returns:
        A flat functional `keras.Model`: RGB pixels, 0…255, uint8 or float,
        of shape `(batch, height, width, 3)` in; float32 logits out.

    Raises:
        RequestError: The model or the weights are not known.
        IntegrityError: The weight file is damaged or does not fit.

    Example:

    ```python
    import numpy as np
    import zoo
    model = zoo.create_model("resnet20", classes=3)
    assert model(np.zeros((2, 32, 32, 3), "uint8")).shape == (2, 3)
    ```
    """
    build = _BUILDERS[model_info(name).family]()
    return build(
        name,
        classes=classes,
        weights=weights,
        origin=origin,
        include_top=include_top,
        input_shape=input_shape,
        classifier_activation=classifier_activation,
    )
