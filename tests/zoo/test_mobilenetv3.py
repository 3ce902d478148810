"""MobileNetV3, against the paper's tables and Keras's own small one."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import RequestError
from zoo.layers import DropPath
from zoo.mobilenetv3 import VARIANTS
from zoo.mobilenetv3 import MobileNetV3
from zoo.mobilenetv3 import plan_blocks

# kernel, inside, filters, SE, activation, stride: the rows of the paper.
SMALL = """
3 16 16 8 relu 2
3 72 24 0 relu 2
3 88 24 0 relu 1
5 96 40 24 hard_silu 2
5 240 40 64 hard_silu 1
5 240 40 64 hard_silu 1
5 120 48 32 hard_silu 1
5 144 48 40 hard_silu 1
5 288 96 72 hard_silu 2
5 576 96 144 hard_silu 1
5 576 96 144 hard_silu 1
"""
LARGE = """
3 16 16 0 relu 1
3 64 24 0 relu 2
3 72 24 0 relu 1
5 72 40 24 relu 2
5 120 40 32 relu 1
5 120 40 32 relu 1
3 240 80 0 hard_silu 2
3 200 80 0 hard_silu 1
3 184 80 0 hard_silu 1
3 184 80 0 hard_silu 1
3 480 112 120 hard_silu 1
3 672 112 168 hard_silu 1
5 672 160 168 hard_silu 2
5 960 160 240 hard_silu 1
5 960 160 240 hard_silu 1
"""


@pytest.mark.parametrize(
    ("size", "table"), [("small", SMALL), ("large", LARGE)]
)
def test_the_plan_is_the_paper_s_table(size, table):
    blocks = plan_blocks(VARIANTS[f"mobilenetv3_{size}"], 0.3)
    rows = [
        f"{b.kernel_size} {b.expanded} {b.filters_out} {b.se_filters} "
        f"{b.activation} {b.stride}"
        for b in blocks
    ]
    assert rows == table.split("\n")[1:-1]
    rates = [block.drop_path_rate for block in blocks]
    count = len(rows)
    assert rates == pytest.approx([0.3 * b / count for b in range(count)])
    assert blocks[0].filters_in == 16
    for block, following in itertools.pairwise(blocks):
        assert following.filters_in == block.filters_out


@pytest.mark.parametrize("size", ["small", "large"])
def test_the_minimal_form_has_the_same_channels(size, outline):
    blocks = plan_blocks(VARIANTS[f"mobilenetv3_{size}"])
    simple = {"kernel_size": 3, "se_filters": 0, "activation": "relu"}
    expected = [dataclasses.replace(block, **simple) for block in blocks]
    minimal = VARIANTS[f"mobilenetv3_{size}_minimal"]
    assert list(plan_blocks(minimal)) == expected
    names = [layer.name for layer in outline(minimal.name).layers]
    assert not any("_se_" in name or "swish" in name for name in names)
    assert {
        "stem_conv_relu",
        f"stage{8 if size == 'large' else 7}_conv_relu",
    } < set(names)


def test_batch_norm_is_that_of_the_code_of_the_paper(outline):
    layers = outline("mobilenetv3_small").layers
    norms = [
        (layer.momentum, layer.epsilon)
        for layer in layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert norms and set(norms) == {(0.999, 1e-3)}


def test_gates_and_squeezes_are_the_hard_ones(outline):
    model = outline("mobilenetv3_small")
    reduce = model.get_layer("stage3_block1_se_reduce")
    assert reduce.use_bias and reduce.activation.__name__ == "relu"
    gate = model.get_layer("stage3_block1_se_expand").activation
    x = np.linspace(-5, 5, 41, dtype="float32")
    expected = np.clip(x + 3, 0, 6) / 6
    np.testing.assert_allclose(gate(x), expected, atol=1e-6)
    swish = model.get_layer("stem_conv_hard_swish")
    np.testing.assert_allclose(swish(x), x * expected, atol=1e-6)


def test_the_last_convolution_is_after_the_pool_and_not_in_the_head(outline):
    for name, filters in (
        ("mobilenetv3_small", 1024),
        ("mobilenetv3_large", 1280),
    ):
        stage, head = zoo.stages(outline(name))[-2:]
        (conv,) = stage.weighted_layers
        assert (conv.filters, conv.use_bias) == (filters, True)
        assert conv.output.shape == (None, 1, 1, filters)
        (logits,) = head.weighted_layers
        assert logits.name == "head_logits"
        assert outline(name).get_layer("head_dropout").rate == 0.2


def test_first_blocks_do_not_expand(outline):
    for name, gated in (
        ("mobilenetv3_small", True),
        ("mobilenetv3_large", False),
    ):
        names = [layer.name for layer in outline(name).layers]
        assert "stage1_block1_expand" not in names
        assert ("stage1_block1_se_reduce" in names) == gated


def test_drop_path_is_there_where_it_is_asked_for(outline, no_weights):
    assert not any(
        isinstance(layer, DropPath)
        for layer in outline("mobilenetv3_large").layers
    )
    with no_weights():
        model = MobileNetV3(drop_path_rate=0.15)
    rates = {
        layer.name: layer.rate
        for layer in model.layers
        if isinstance(layer, DropPath)
    }
    assert rates["stage6_block3_drop_path"] == pytest.approx(0.15 * 14 / 15)
    assert len(rates) == 9
    with pytest.raises(RequestError, match="`drop_path_rate` is in"):
        MobileNetV3(drop_path_rate=1)


def test_preprocessing_and_sizes(outline, no_weights):
    record = zoo.preprocessing(outline("mobilenetv3_small"))
    assert record.mean == record.std == (127.5, 127.5, 127.5)
    sides = [
        stage.output.shape[1]
        for stage in zoo.stages(outline("mobilenetv3_small"))[:-1]
    ]
    assert sides == [112, 56, 28, 14, 14, 7, 7, 1]
    with no_weights():
        model = MobileNetV3(input_shape=(None, None, 3), include_top=False)
    assert model.output_shape == (None, 1, 1, 1280)
