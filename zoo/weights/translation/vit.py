"""The Vision Transformer's tensors by the names of torchvision and timm."""

import re

from zoo.weights.translation.names import torch_row
from zoo.weights.translation.tables import CONV
from zoo.weights.translation.tables import DENSE
from zoo.weights.translation.tables import Layout
from zoo.weights.translation.tables import Row
from zoo.weights.translation.tables import Table
from zoo.weights.translation.tables import Tensors
from zoo.weights.translation.tables import one_by_one

_BLOCK = re.compile(r"stage(\d+)_((?:attention|mlp)_\w+)")
_TIMM = {
    "stem_patches": "patch_embed.proj",
    "norm": "norm",
    "head_logits": "head",
    "block": "blocks.{index}.",
    "attention_norm": "norm1",
    "attention_qkv": "attn.qkv",
    "attention_project": "attn.proj",
    "mlp_norm": "norm2",
    "mlp_expand": "mlp.fc1",
    "mlp_project": "mlp.fc2",
    "class_token": "cls_token",
    "position_embeddings": "pos_embed",
}
_TORCHVISION = {
    "stem_patches": "conv_proj",
    "norm": "encoder.ln",
    "head_logits": "heads.head",
    "block": "encoder.layers.encoder_layer_{index}.",
    "attention_norm": "ln_1",
    "attention_qkv": "self_attention.in_proj",
    "attention_project": "self_attention.out_proj",
    "mlp_norm": "ln_2",
    "mlp_expand": "mlp.0",
    "mlp_project": "mlp.3",
    "class_token": "class_token",
    "position_embeddings": "encoder.pos_embedding",
}
# One token and many, with an axis for the batch before them.
_TOKENS = {
    "class_token": Layout(
        lambda x: x[0, 0] if x.ndim == 3 else x, lambda x: x[None, None]
    ),
    "position_embeddings": Layout(
        lambda x: x[0] if x.ndim == 3 else x, lambda x: x[None]
    ),
}


def _rows(names):
    def row(name: str) -> Row:
        layer, _, variable = name.rpartition("/")
        if variable in _TOKENS:
            return Row(name, names[variable], _TOKENS[variable])
        found = _BLOCK.fullmatch(layer)
        if found:
            block = names["block"].format(index=int(found[1]) - 1)
            theirs = block + names[found[2]]
        else:
            # The last norm carries its stage's name here.
            layer = re.sub(r"stage\d+_", "", layer)
            theirs = names.get(layer, layer)
        kernel = CONV if layer == "stem_patches" else DENSE
        made = torch_row(name, theirs, kernel)
        # PyTorch's attention has no layer of its own for the three.
        theirs = made.theirs.replace("in_proj.", "in_proj_")
        return Row(name, theirs, made.layout)

    return one_by_one(row)


def _torchvision_now(tensors: Tensors) -> Tensors:
    """Names an MLP's layers by their place: torchvision's pull request 6053."""
    return {
        name.replace(".mlp.linear_1.", ".mlp.0.").replace(
            ".mlp.linear_2.", ".mlp.3."
        ): tensor
        for name, tensor in tensors.items()
    }


TABLES = (
    Table(
        "vit",
        "torchvision",
        (r"conv_proj\.weight", r"encoder\.pos_embedding"),
        _rows(_TORCHVISION),
        prepare=_torchvision_now,
    ),
    Table(
        "vit",
        "timm",
        (r"patch_embed\.proj\.weight", r"blocks\.0\.attn\.qkv\.weight"),
        _rows(_TIMM),
    ),
)
