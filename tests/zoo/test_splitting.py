"""A model cut in two computes what the whole one does."""

import numpy as np
import pytest

import zoo
from zoo.errors import RequestError

# A model, its input's side and, for each cut, the shape of the features.
_CUTS = [
    ("resnet20", 32, {"stage1": (32, 32, 16), "head": (64,)}),
    ("alexnet_cifar", 32, {"stage1": (16, 16, 32), "head": (1024,)}),
    ("mobilenetv3_small", 64, {"stage1": (32, 32, 16)}),
    ("vit_s16", 32, {"stage1": (5, 384)}),
]


@pytest.mark.parametrize(("name", "side", "shapes"), _CUTS)
def test_both_parts_together_are_the_model(name, side, shapes):
    model = zoo.create_model(name, classes=3, input_shape=(side, side, 3))
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (2, side, side, 3), "uint8")
    whole = np.asarray(model(pixels))
    for stage in zoo.stages(model)[1:]:
        below, above = zoo.split(model, stage.name)
        features = below(pixels)
        if stage.name in shapes:
            assert tuple(features.shape[1:]) == shapes[stage.name]
        np.testing.assert_array_equal(np.asarray(above(features)), whole)


def test_the_parts_share_the_layers_and_leave_none_out():
    model = zoo.create_model("resnet20")
    below, above = zoo.split(model, "stage2")
    assert below.get_layer("stage1_block1_conv1") is model.get_layer(
        "stage1_block1_conv1"
    )
    held = [id(v) for part in (below, above) for v in part.variables]
    assert sorted(held) == sorted(id(v) for v in model.variables)
    assert above.name == "resnet20_stage2"


@pytest.mark.parametrize("stage", ["stem", "stage9"])
def test_a_cut_that_is_not_there(stage):
    model = zoo.create_model("resnet20")
    with pytest.raises(
        RequestError, match=f"cannot be cut below '{stage}'. Expected one of: s"
    ):
        zoo.split(model, stage)
