"""The names of the Vision Transformer elsewhere."""

import numpy as np
import pytest

from zoo.weights import translation
from zoo.weights.files import variable_names

NAMES = {
    "stem_patches/kernel": ("conv_proj.weight", "patch_embed.proj.weight"),
    "stem_tokens/class_token": ("class_token", "cls_token"),
    "stem_tokens/position_embeddings": ("encoder.pos_embedding", "pos_embed"),
    "stage1_attention_norm/gamma": (
        "encoder.layers.encoder_layer_0.ln_1.weight",
        "blocks.0.norm1.weight",
    ),
    "stage2_attention_qkv/kernel": (
        "encoder.layers.encoder_layer_1.self_attention.in_proj_weight",
        "blocks.1.attn.qkv.weight",
    ),
    "stage2_attention_qkv/bias": (
        "encoder.layers.encoder_layer_1.self_attention.in_proj_bias",
        "blocks.1.attn.qkv.bias",
    ),
    "stage2_mlp_project/kernel": (
        "encoder.layers.encoder_layer_1.mlp.3.weight",
        "blocks.1.mlp.fc2.weight",
    ),
    "stage2_norm/beta": ("encoder.ln.bias", "norm.bias"),
    "head_logits/kernel": ("heads.head.weight", "head.weight"),
}
LIBRARIES = ("torchvision", "timm")


def _table(library):
    (table,) = (
        table
        for table in translation.TABLES
        if (table.family, table.library) == ("vit", library)
    )
    return table


@pytest.mark.parametrize("library", LIBRARIES)
def test_tensors_are_called_as_there(library, tiny):
    rows = _table(library).rows(list(variable_names(tiny("vit"))))
    theirs = {row.ours: row.theirs for row in rows}
    place = LIBRARIES.index(library)
    wanted = {ours: names[place] for ours, names in NAMES.items()}
    assert {ours: theirs[ours] for ours in wanted} == wanted
    assert translation.recognise(theirs.values()) == (_table(library),)


@pytest.mark.parametrize("library", LIBRARIES)
def test_tables_turn_there_and_back(library, tiny):
    table, generator = _table(library), np.random.default_rng(0)
    ours = {
        name: generator.normal(size=variable.shape)
        for name, variable in variable_names(tiny("vit")).items()
    }
    theirs = translation.to_theirs(table, ours)
    shapes = {name: tensor.shape for name, tensor in theirs.items()}
    tokens = ours["stem_tokens/position_embeddings"]
    assert shapes[
        NAMES["stem_tokens/class_token"][table is _table("timm")]
    ] == (
        1,
        1,
        24,
    )
    assert (1, *tokens.shape) in shapes.values()
    back = translation.to_ours(table, theirs, ours)
    assert back.keys() == ours.keys()
    for name, tensor in ours.items():
        np.testing.assert_array_equal(back[name], tensor, err_msg=name)


def test_torchvision_called_an_mlp_s_layers_otherwise_once():
    block = "encoder.layers.encoder_layer_0"
    theirs = {
        f"{block}.mlp.linear_1.weight": np.zeros((8, 2)),
        f"{block}.mlp.linear_2.bias": np.zeros(2),
    }
    names = ["stage1_mlp_expand/kernel", "stage1_mlp_project/bias"]
    ours = translation.to_ours(_table("torchvision"), theirs, names)
    assert ours["stage1_mlp_expand/kernel"].shape == (2, 8)
    assert list(ours) == names
