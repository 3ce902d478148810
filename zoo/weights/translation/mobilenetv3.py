"""MobileNetV3's tensors by the names of torchvision, timm and Keras."""

from zoo.weights.translation.mbconv import Block
from zoo.weights.translation.mbconv import keras_names
from zoo.weights.translation.mbconv import keras_tensor
from zoo.weights.translation.mbconv import make_rows
from zoo.weights.translation.mbconv import timm_table
from zoo.weights.translation.mbconv import torch_tensor
from zoo.weights.translation.mbconv import torchvision_part
from zoo.weights.translation.names import torch_row
from zoo.weights.translation.tables import Layout
from zoo.weights.translation.tables import Row
from zoo.weights.translation.tables import Table
from zoo.weights.translation.tables import Tensors

_TORCHVISION = {
    "stem_conv": "features.0.0",
    "stem_conv_bn": "features.0.1",
    "after1_conv": "features.{next_block}.0",
    "after1_conv_bn": "features.{next_block}.1",
    "after2_conv": "classifier.0",
    "head_logits": "classifier.3",
}
_TIMM = {
    "stem_conv": "conv_stem",
    "stem_conv_bn": "bn1",
    "after1_conv": "blocks.{stages}.0.conv",
    "after1_conv_bn": "blocks.{stages}.0.bn1",
    "after2_conv": "conv_head",
    "head_logits": "classifier",
}
_KERAS = {
    "stem_conv": "conv",
    "stem_conv_bn": "conv_bn",
    "after1_conv": "conv_1",
    "after1_conv_bn": "conv_1_bn",
    "after2_conv": "conv_2",
    "head_logits": "logits",
}
_KERAS_SE = {
    "se_reduce": "squeeze_excite_conv",
    "se_expand": "squeeze_excite_conv_1",
}


def _dense_to_conv(x):
    return x.T[None, None] if x.ndim == 2 else x


def _conv_to_dense(x):
    return x[0, 0] if x.ndim == 4 and x.shape[:2] == (1, 1) else x


# (out, in) to (1, 1, in, out).
_DENSE_TO_CONV = Layout(_dense_to_conv, lambda x: x[0, 0].T)
# (1, 1, in, out) to (in, out).
_CONV_TO_DENSE = Layout(_conv_to_dense, lambda x: x[None, None])


def _torchvision_name(block: Block, layer: str) -> str:
    return f"features.{block.index + 1}.{torchvision_part(block, layer)}"


def _torchvision_tensor(name: str, theirs: str, layer: str) -> Row:
    if layer == "after2_conv":
        return torch_row(name, theirs, _DENSE_TO_CONV)
    return torch_tensor(name, theirs, layer)


def _keras_name(block: Block, layer: str) -> str:
    number = f"_{block.index}" if block.index else ""
    return f"expanded_conv{number}_{_KERAS_SE.get(layer, layer)}"


def _keras_tensor(name: str, theirs: str, layer: str) -> Row:
    if name == "head_logits/kernel":
        return Row(name, f"{theirs}/kernel", _CONV_TO_DENSE)
    return keras_tensor(name, theirs, layer)


def _keras_3_names(tensors: Tensors) -> Tensors:
    """Names files of Keras 2 as Keras 3 does.

    There a layer was `expanded_conv/depthwise/BatchNorm`. Its folders are in
    the file twice, once as the layer's and once as the variable's.
    """
    renamed = {}
    for name, tensor in tensors.items():
        *folders, variable = name.split("/")
        half = len(folders) // 2
        if half and folders[:half] == folders[half:]:
            folders = folders[half:]
        layer = "_".join(folders).lower().replace("_batchnorm", "_bn")
        renamed[f"{layer}/{variable}"] = tensor
    return keras_names(renamed)


TABLES = (
    Table(
        "mobilenetv3",
        "torchvision",
        (r"features\.1\.block\.0\.0\.weight", r"classifier\.3\.weight"),
        make_rows(_TORCHVISION, _torchvision_name, _torchvision_tensor),
    ),
    timm_table(
        "mobilenetv3",
        (r"blocks\.0\.0\.conv_dw\.weight", r"conv_head\.bias"),
        _TIMM,
    ),
    Table(
        "mobilenetv3",
        "keras",
        (r"expanded_conv[_/]depthwise/.*", r"(?i)conv_1/.*"),
        make_rows(_KERAS, _keras_name, _keras_tensor),
        prepare=_keras_3_names,
    ),
)
