"""ResNet's tensors by the names of torchvision, timm and Keras."""

import re

from zoo.weights.translation.tables import CONV
from zoo.weights.translation.tables import DENSE
from zoo.weights.translation.tables import SAME
from zoo.weights.translation.tables import Row
from zoo.weights.translation.tables import Table

_STATISTICS = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_BLOCK = re.compile(r"stage(\d+)_block(\d+)_(\w+)")
_TORCH = {
    "stem_conv": "conv1",
    "stem_conv_bn": "bn1",
    "head_logits": "fc",
    "conv1": "conv1",
    "conv1_bn": "bn1",
    "conv2": "conv2",
    "conv2_bn": "bn2",
    "conv3": "conv3",
    "conv3_bn": "bn3",
    "shortcut": "downsample.0",
    "shortcut_bn": "downsample.1",
}


def _torch(name: str) -> Row:
    layer, _, variable = name.rpartition("/")
    block = _BLOCK.fullmatch(layer)
    if block:
        stage, number, part = block.groups()
        theirs = f"layer{stage}.{int(number) - 1}.{_TORCH[part]}"
    else:
        theirs = _TORCH[layer]
    if variable in _STATISTICS:
        return Row(name, f"{theirs}.{_STATISTICS[variable]}", SAME)
    if variable == "bias":
        return Row(name, f"{theirs}.bias", SAME)
    layout = DENSE if layer == "head_logits" else CONV
    return Row(name, f"{theirs}.weight", layout)


TABLES = (
    Table(
        "resnet",
        "torchvision",
        (r"layer1\.0\.conv1\.weight", r"conv1\.weight"),
        _torch,
    ),
)
