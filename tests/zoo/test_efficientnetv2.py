"""EfficientNetV2, against the paper's plan and Keras's own B0."""

import itertools

import keras
import pytest

import zoo
from zoo.compound_scaling import plan_blocks
from zoo.compound_scaling import round_to_multiple
from zoo.efficientnetv2 import VARIANTS
from zoo.efficientnetv2 import EfficientNetV2
from zoo.errors import RequestError
from zoo.layers import DropPath

# stem | widths of the stages | top | repeats | blocks
GOLDEN = {
    "b0": "32 | 16 32 48 96 112 192 | 1280 | 1 2 2 3 5 8 | 21",
    "b1": "32 | 16 32 48 96 112 192 | 1280 | 2 3 3 4 6 9 | 27",
    "b2": "32 | 16 32 56 104 120 208 | 1408 | 2 3 3 4 6 10 | 28",
    "b3": "40 | 16 40 56 112 136 232 | 1536 | 2 3 3 5 7 12 | 32",
    "s": "24 | 24 48 64 128 160 256 | 1280 | 2 4 4 6 9 15 | 40",
    "m": "24 | 24 48 80 160 176 304 512 | 1280 | 3 5 5 7 14 18 5 | 57",
    "l": "32 | 32 64 96 192 224 384 640 | 1280 | 4 7 7 10 19 25 7 | 79",
}


def _plan(name, rate=0.2):
    spec = VARIANTS[name]
    return plan_blocks(
        spec.stages, spec.scaling, rate, rounding=round_to_multiple
    )


@pytest.mark.parametrize("size", GOLDEN)
def test_widths_and_repeats_are_the_published_ones(size, outline):
    name = f"efficientnetv2_{size}"
    blocks, model = _plan(name), outline(name)
    stages = sorted({block.name.partition("_")[0] for block in blocks})
    own = [[b for b in blocks if b.name.startswith(f"{s}_")] for s in stages]
    parts = (
        [model.get_layer("stem_conv").filters],
        [stage[-1].filters_out for stage in own],
        [model.get_layer(f"stage{len(stages) + 1}_conv").filters],
        [len(stage) for stage in own],
        [len(blocks)],
    )
    written = " | ".join(" ".join(map(str, part)) for part in parts)
    assert written == GOLDEN[size]
    assert blocks[0].filters_in == parts[0][0]
    for block, following in itertools.pairwise(blocks):
        assert following.filters_in == block.filters_out


def test_early_stages_are_fused_and_late_ones_are_gated(outline):
    for block in _plan("efficientnetv2_s"):
        late = int(block.name[5]) > 3
        assert block.fused != late
        assert block.se_filters == (block.filters_in // 4 if late else 0)
        ratio = 1 if block.name[5] == "1" else 4 if block.name[5] < "5" else 6
        assert block.expanded == block.filters_in * ratio
    names = [layer.name for layer in outline("efficientnetv2_s").layers]
    assert "stage1_block1_conv" in names
    assert "stage1_block1_project" not in names
    assert "stage3_block1_depthwise" not in names
    assert "stage4_block1_depthwise" in names


@pytest.mark.parametrize("name", VARIANTS)
def test_drop_path_grows_over_the_blocks_that_there_are(name, outline):
    blocks = _plan(name)
    rates = [block.drop_path_rate for block in blocks]
    count = len(blocks)
    assert rates == pytest.approx([0.2 * b / count for b in range(count)])
    found = {
        layer.name: layer.rate
        for layer in outline(name).layers
        if isinstance(layer, DropPath)
    }
    assert found == {
        f"{block.name}_drop_path": block.drop_path_rate
        for block in blocks
        if block.is_identity and block.drop_path_rate
    }


def test_batch_norm_is_that_of_the_code_of_the_paper(outline):
    layers = outline("efficientnetv2_b0").layers
    norms = [
        (layer.momentum, layer.epsilon)
        for layer in layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert norms and set(norms) == {(0.9, 1e-3)}


def test_pixels_are_scaled_as_the_weight_files_want(outline):
    for name, spec in VARIANTS.items():
        record = zoo.preprocessing(outline(name))
        side = spec.scaling.image_size
        assert record == spec.preprocessing and record.image_size == side
        assert record.interpolation == "bicubic"
        if name[-2] == "b":
            assert record.mean == (123.675, 116.28, 103.53)
            assert record.crop_fraction == side / (side + 32)
        else:
            assert record.mean == record.std == (128.0, 128.0, 128.0)
            assert record.crop_fraction == 1


def test_dropout_is_as_released(outline):
    rates = [outline(n).get_layer("head_dropout").rate for n in VARIANTS]
    assert rates == [0.2, 0.2, 0.3, 0.3, 0.2, 0.3, 0.4]


def test_maps_halve_where_the_table_strides(outline):
    for name, sides in (
        ("efficientnetv2_b0", [112, 112, 56, 28, 14, 14, 7, 7]),
        ("efficientnetv2_m", [240, 240, 120, 60, 30, 30, 15, 15, 15]),
    ):
        found = zoo.stages(outline(name))[:-1]
        assert [stage.output.shape[1] for stage in found] == sides


@pytest.mark.parametrize("rate", [1.0, -0.1, "0.2"])
def test_drop_path_rate_is_checked(rate):
    with pytest.raises(RequestError, match="`drop_path_rate` is in"):
        EfficientNetV2(drop_path_rate=rate)


def test_any_size_of_picture_fits(no_weights):
    with no_weights():
        model = EfficientNetV2(input_shape=(None, None, 3), include_top=False)
    assert model.output_shape == (None, None, None, 1280)
    with pytest.raises(RequestError, match="Nearest: efficientnetv2_s"):
        EfficientNetV2("efficientnetv2s")
