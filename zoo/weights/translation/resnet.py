"""ResNet's tensors by the names of PyTorch's libraries.

| library              | variants                             | a block        |
|----------------------|--------------------------------------|----------------|
| torchvision, timm    | resnet18 … resnet152                 | `layer1.0`     |
| timm                 | `_d`                                 | `layer1.0`     |
| timm                 | `_v2`                                | `stages.0.…`   |
| akamaster            | resnet20 … resnet110 (CIFAR)         | `layer1.0`     |

Those of Keras are in `resnet_keras`.
"""

import re
from collections.abc import Callable
from collections.abc import Mapping

from zoo.weights.translation import resnet_keras
from zoo.weights.translation.names import split_block
from zoo.weights.translation.names import torch_row
from zoo.weights.translation.tables import CONV
from zoo.weights.translation.tables import DENSE
from zoo.weights.translation.tables import Layout
from zoo.weights.translation.tables import Row
from zoo.weights.translation.tables import Table
from zoo.weights.translation.tables import one_by_one

_STEM = {"stem_conv": "conv1", "stem_conv_bn": "bn1"}
_LAYERS = {**_STEM, "head_logits": "fc"}
_CIFAR_LAYERS = {**_STEM, "head_logits": "linear"}
_DEEP_LAYERS = {
    "stem_conv1": "conv1.0",
    "stem_conv1_bn": "conv1.1",
    "stem_conv2": "conv1.3",
    "stem_conv2_bn": "conv1.4",
    "stem_conv3": "conv1.6",
    "stem_conv3_bn": "bn1",
    "head_logits": "fc",
}
_V2_LAYERS = {
    "stem_conv": "stem.conv",
    "post_bn": "norm",
    "head_logits": "head.fc",
}
_CONVOLUTIONS = {f"conv{i}": f"conv{i}" for i in (1, 2, 3)}
_PARTS = {
    **_CONVOLUTIONS,
    **{f"conv{i}_bn": f"bn{i}" for i in (1, 2, 3)},
    "shortcut": "downsample.0",
    "shortcut_bn": "downsample.1",
}
# Number 0 is the average pool, or nothing where nothing strides.
_DEEP_PARTS = {
    **_PARTS,
    "shortcut": "downsample.1",
    "shortcut_bn": "downsample.2",
}
# Ours are called by the convolution that they precede.
_V2_PARTS = {
    **_CONVOLUTIONS,
    "pre_bn": "norm1",
    "conv2_bn": "norm2",
    "conv3_bn": "norm3",
    "shortcut": "downsample.conv",
}


def _flatten_head(x):
    return x[:, :, 0, 0].T if x.ndim == 4 and x.shape[2:] == (1, 1) else x


# (out, in, 1, 1), a convolution, to (in, out).
_DENSE_CONV = Layout(_flatten_head, lambda x: x.T[:, :, None, None])


def _layer(stage: int, block: int) -> str:
    return f"layer{stage}.{block - 1}"


def _stages(stage: int, block: int) -> str:
    return f"stages.{stage - 1}.blocks.{block - 1}"


def _rows(
    layers: Mapping[str, str],
    parts: Mapping[str, str],
    block: Callable[[int, int], str] = _layer,
    head: Layout = DENSE,
):
    """Makes a table's `rows`.

    Args:
        layers: Their layers outside of the blocks, by ours.
        parts: Their layers of a block, by ours.
        block: From the numbers of a stage and its block, counted from 1.
        head: How the last kernel turns.
    """

    def row(name: str) -> Row:
        layer = name.rpartition("/")[0]
        place, part = split_block(layer)
        if place:
            theirs = f"{block(*place)}.{parts.get(part, part)}"
        else:
            theirs = layers.get(part, part)
        return torch_row(name, theirs, head if part == "head_logits" else CONV)

    return one_by_one(row)


_PLAIN_MARKS = tuple(
    map(re.escape, ("conv1.weight", "bn1.weight", "layer4.0.conv1.weight"))
)
_DEEP_MARKS = tuple(
    map(re.escape, ("conv1.0.weight", "bn1.weight", "layer4.0.conv1.weight"))
)
_V2_MARKS = tuple(
    map(
        re.escape,
        ("stem.conv.weight", "stages.0.blocks.0.norm1.running_mean"),
    )
)
_CIFAR_MARKS = tuple(
    map(re.escape, ("conv1.weight", "layer3.0.conv1.weight", "linear.weight"))
)

TABLES = (
    Table("resnet", "torchvision", _PLAIN_MARKS, _rows(_LAYERS, _PARTS)),
    Table("resnet", "timm", _PLAIN_MARKS, _rows(_LAYERS, _PARTS)),
    Table("resnet", "timm", _DEEP_MARKS, _rows(_DEEP_LAYERS, _DEEP_PARTS)),
    Table(
        "resnet",
        "timm",
        _V2_MARKS,
        _rows(_V2_LAYERS, _V2_PARTS, _stages, _DENSE_CONV),
    ),
    Table("resnet", "akamaster", _CIFAR_MARKS, _rows(_CIFAR_LAYERS, _PARTS)),
    *resnet_keras.TABLES,
)
