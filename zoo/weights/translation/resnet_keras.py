"""ResNet's tensors by the names of keras.applications.

Its convolutions have biases, ours have none. What is added before a
BatchNorm can be taken off its mean instead, exactly:

- `_v1` (ResNet50, 101, 152): each convolution is followed by its own.
- `_v2` (ResNet50V2, 101V2, 152V2): the last 1x1 of a block and the shortcut
  add to the residual stream, which all BatchNorms further down see that read
  from it: those before the blocks that follow, up to the next shortcut
  with a convolution (which starts the stream anew), and the one at the end.
  The strided 1x1 max-pool in between moves pixels, not numbers. Only the
  stem's bias cannot be taken along, as its pool is padded with zeros.

`_v1` wants BGR. The first kernel is turned round instead of the picture.
"""

import re

import numpy as np

from zoo.weights.translation.names import name_variables
from zoo.weights.translation.names import split_block
from zoo.weights.translation.names import subtract
from zoo.weights.translation.tables import SAME
from zoo.weights.translation.tables import Layout
from zoo.weights.translation.tables import Row
from zoo.weights.translation.tables import Table
from zoo.weights.translation.tables import Tensors
from zoo.weights.translation.tables import one_by_one

_LAYERS = {
    "stem_conv": "conv1_conv",
    "stem_conv_bn": "conv1_bn",
    "post_bn": "post_bn",
    "head_logits": "predictions",
}
_CONVOLUTIONS = {
    "shortcut": "0_conv",
    **{f"conv{i}": f"{i}_conv" for i in (1, 2, 3)},
}
_V1_PARTS = {
    **_CONVOLUTIONS,
    "shortcut_bn": "0_bn",
    **{f"conv{i}_bn": f"{i}_bn" for i in (1, 2, 3)},
}
# Ours are called by the convolution that they precede.
_V2_PARTS = {
    **_CONVOLUTIONS,
    "pre_bn": "preact_bn",
    "conv2_bn": "1_bn",
    "conv3_bn": "2_bn",
}
# The channels of a kernel (height, width, in, out) from BGR to RGB.
_FROM_BGR = Layout(lambda x: x[..., ::-1, :], lambda x: x[..., ::-1, :])
_PREACTIVATION = re.compile(r"conv(\d+)_block(\d+)_preact_bn/moving_mean")


def _row(name: str, parts: dict[str, str]) -> Row:
    layer, _, variable = name.rpartition("/")
    place, part = split_block(layer)
    if place:
        stage, block = place
        theirs = f"conv{stage + 1}_block{block}_{parts.get(part, part)}"
    else:
        theirs = _LAYERS.get(part, part)
    return Row(name, f"{theirs}/{variable}", SAME)


def _v1_row(name: str) -> Row:
    row = _row(name, _V1_PARTS)
    if name == "stem_conv/kernel":
        return Row(row.ours, row.theirs, _FROM_BGR)
    return row


def _v2_row(name: str) -> Row:
    return _row(name, _V2_PARTS)


def _fold_each(tensors: Tensors) -> Tensors:
    """Takes the bias of each convolution off the mean that follows it."""
    folded = name_variables(tensors)
    for name in [key for key in folded if key.endswith("_conv/bias")]:
        mean = name.replace("_conv/bias", "_bn/moving_mean")
        subtract(folded, mean, folded.pop(name))
    return folded


def _fold_stream(tensors: Tensors) -> Tensors:
    """Takes what biases add to the residual stream off the means."""
    folded = name_variables(tensors)
    blocks = map(_PREACTIVATION.fullmatch, folded)
    places = sorted(tuple(map(int, m.groups())) for m in blocks if m)
    added = None
    for stage, number in places:
        block = f"conv{stage}_block{number}"
        if added is not None:
            subtract(folded, f"{block}_preact_bn/moving_mean", added)
        start = folded.pop(f"{block}_0_conv/bias", None)
        end = folded.pop(f"{block}_3_conv/bias", None)
        added = _total(added if start is None else start, end)
    if added is not None:
        subtract(folded, "post_bn/moving_mean", added)
    return folded


def _total(first, second):
    if first is None or second is None:
        return second if first is None else first
    return first + second


def _zero_biases(*endings: str):
    """Returns what gives convolutions of those names a bias of zeros."""

    def finish(tensors: Tensors) -> Tensors:
        whole = {}
        for name, tensor in tensors.items():
            whole[name] = tensor
            layer, _, variable = name.rpartition("/")
            if variable == "kernel" and layer.endswith(endings):
                zeros = np.zeros(tensor.shape[-1], tensor.dtype)
                whole[f"{layer}/bias"] = zeros
        return whole

    return finish


TABLES = (
    Table(
        "resnet",
        "keras",
        (r"conv1_bn/(gamma|0)", r"conv5_block1_3_conv/(kernel|0)"),
        one_by_one(_v1_row),
        prepare=_fold_each,
        finish=_zero_biases("_conv"),
    ),
    Table(
        "resnet",
        "keras",
        (r"post_bn/(gamma|0)", r"conv5_block1_preact_bn/(gamma|0)"),
        one_by_one(_v2_row),
        prepare=_fold_stream,
        finish=_zero_biases("_0_conv", "_3_conv"),
    ),
)
