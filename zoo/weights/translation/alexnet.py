"""AlexNet's tensors by the names of torchvision and of Caffe's dumps.

`alexnet_owt` is torchvision's. For `alexnet`, Caffe's `bvlc_alexnet` has no
file that can be read without Caffe; what is read are its arrays, as they
are, under `conv1.weight`, `conv1.bias` … `fc8.weight`, `fc8.bias`:

    net = caffe.Net("deploy.prototxt", "bvlc_alexnet.caffemodel", caffe.TEST)
    tensors = {
        f"{layer}.{name}": blob.data
        for layer, blobs in net.params.items()
        for name, blob in zip(("weight", "bias"), blobs)
    }
    safetensors.numpy.save_file(tensors, "bvlc_alexnet.safetensors")

Both flatten the last map by channel, row and column, ours by row, column and
channel: the first fully connected layer is sorted anew. Caffe wants BGR: the
first kernel is turned round. Its grouped convolutions are our two towers.
"""

import numpy as np

from zoo.weights.translation.names import torch_row
from zoo.weights.translation.tables import CONV
from zoo.weights.translation.tables import DENSE
from zoo.weights.translation.tables import Layout
from zoo.weights.translation.tables import Row
from zoo.weights.translation.tables import Table
from zoo.weights.translation.tables import Tensors
from zoo.weights.translation.tables import one_by_one

_OWT = {
    "stem_conv": "features.0",
    "stage1_conv": "features.3",
    "stage2_conv": "features.6",
    "stage3_conv": "features.8",
    "stage4_conv": "features.10",
    "stage5_fc": "classifier.1",
    "stage6_fc": "classifier.4",
    "head_logits": "classifier.6",
}
_BVLC = {
    "stem_conv": "conv1",
    "stage2_conv": "conv3",
    **{
        f"stage{stage}_tower{tower}_conv": f"conv{stage + 1}.tower{tower}"
        for stage in (1, 3, 4)
        for tower in (1, 2)
    },
    "stage5_fc": "fc6",
    "stage6_fc": "fc7",
    "head_logits": "fc8",
}
_TOWERS = ("conv2", "conv4", "conv5")
_SIDE = 6


def _by_pixels(x):
    """(out, channels * 36) to (36 * channels, out)."""
    if x.ndim != 2 or x.shape[1] % _SIDE**2:
        return x
    maps = x.reshape(len(x), -1, _SIDE, _SIDE)
    return maps.transpose(2, 3, 1, 0).reshape(-1, len(x))


def _by_channels(x):
    maps = x.reshape(_SIDE, _SIDE, -1, x.shape[-1])
    return maps.transpose(3, 2, 0, 1).reshape(x.shape[-1], -1)


_FLATTENED = Layout(_by_pixels, _by_channels)
_FROM_BGR = Layout(
    lambda x: CONV.ours(x)[..., ::-1, :],
    lambda x: CONV.theirs(x[..., ::-1, :]),
)
_LAYOUTS = {
    "stage5_fc": _FLATTENED,
    "stage6_fc": DENSE,
    "head_logits": DENSE,
}


def _owt_row(name: str) -> Row:
    layer = name.rpartition("/")[0]
    theirs = _OWT.get(layer, layer)
    return torch_row(name, theirs, _LAYOUTS.get(layer, CONV))


def _bvlc_row(name: str) -> Row:
    layer = name.rpartition("/")[0]
    layouts = {**_LAYOUTS, "stem_conv": _FROM_BGR}
    theirs = _BVLC.get(layer, layer)
    return torch_row(name, theirs, layouts.get(layer, CONV))


def _split_towers(tensors: Tensors) -> Tensors:
    """Halves what has two groups, by the output's channels."""
    split = {}
    for name, tensor in tensors.items():
        layer, _, variable = name.rpartition(".")
        if layer not in _TOWERS or tensor.ndim == 0:
            split[name] = tensor
            continue
        for tower, part in enumerate(np.array_split(tensor, 2), start=1):
            split[f"{layer}.tower{tower}.{variable}"] = part
    return split


def _join_towers(tensors: Tensors) -> Tensors:
    joined = {}
    for name, tensor in tensors.items():
        layer, tower, variable = name.rpartition(".tower1")
        if tower:
            other = tensors[f"{layer}.tower2{variable}"]
            joined[layer + variable] = np.concatenate([tensor, other])
        elif ".tower2." not in name:
            joined[name] = tensor
    return joined


TABLES = (
    Table(
        "alexnet",
        "torchvision",
        (r"features\.0\.weight", r"features\.10\.weight", r"classifier\.6\..*"),
        one_by_one(_owt_row),
    ),
    Table(
        "alexnet",
        "bvlc",
        (r"conv1\.weight", r"conv5\.weight", r"fc6\.weight"),
        one_by_one(_bvlc_row),
        prepare=_split_towers,
        finish=_join_towers,
    ),
)
