"""EfficientNet, against the paper's plan and Keras's own B0."""

import dataclasses

import keras
import numpy as np
import pytest

import zoo
from zoo.efficientnet import VARIANTS
from zoo.efficientnet import EfficientNet
from zoo.efficientnet import compound_scaling
from zoo.errors import RequestError
from zoo.layers import DropPath


def test_batch_norm_is_that_of_the_code_of_the_paper(outline):
    layers = outline("efficientnet_b0").layers
    norms = [
        (layer.momentum, layer.epsilon)
        for layer in layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert norms and set(norms) == {(0.99, 1e-3)}


@pytest.mark.parametrize("name", VARIANTS)
def test_drop_path_is_on_identity_blocks_alone(name, outline):
    spec = VARIANTS[name]
    planned = {
        f"{block.name}_drop_path": block.drop_path_rate
        for block in spec.plan(0.2)
        if block.is_identity and block.drop_path_rate
    }
    found = {
        layer.name: layer.rate
        for layer in outline(name).layers
        if isinstance(layer, DropPath)
    }
    assert found == planned and found
    assert outline(name).get_layer("head_dropout").rate == spec.scaling.dropout


def test_squeeze_and_excitation_is_as_wide_as_a_quarter_of_the_input(outline):
    model = outline("efficientnet_b0")
    reduce = model.get_layer("stage3_block1_se_reduce")
    assert reduce.filters == 24 // 4 and reduce.use_bias
    assert model.get_layer("stage3_block1_se_expand").filters == 24 * 6


def test_the_head_starts_as_in_the_code_of_the_paper(tiny):
    kernel = tiny("efficientnet", classes=1000).get_layer("head_logits").kernel
    limit = (1 / 1000) ** 0.5
    kernel = np.abs(np.asarray(kernel))
    assert 0.98 * limit < kernel.max() <= limit
    assert abs(kernel.mean() / (limit / 2) - 1) < 0.02


def test_any_scaling_builds_under_a_name_of_its_own(no_weights):
    with no_weights():
        model = EfficientNet(scaling=compound_scaling(phi=1.5))
    assert model.name == "efficientnet_scaled"
    assert model.input_shape == (None, 276, 276, 3)
    blocks = [
        layer for layer in model.layers if layer.name.endswith("_depthwise")
    ]
    assert len(blocks) == 2 + 3 + 3 + 4 + 4 + 6 + 2
    assert model.get_layer("stage8_conv").filters == 1480
    with pytest.raises(RequestError, match="for 'efficientnet_scaled'"):
        EfficientNet(scaling=compound_scaling(phi=1), weights="imagenet")


def test_small_pictures_keep_their_pixels(outline, no_weights):
    with no_weights():
        model = EfficientNet(input_shape=(32, 32, 3), stem_stride=1)
    sides = [stage.output.shape[1] for stage in zoo.stages(model)[:-1]]
    assert sides == [32, 32, 16, 8, 4, 4, 2, 2, 2]
    model = outline("efficientnet_b0")
    sides = [stage.output.shape[1] for stage in zoo.stages(model)[:-1]]
    assert sides == [112, 112, 56, 28, 14, 14, 7, 7, 7]


def test_lite_has_relu6_and_no_gates(outline):
    model = outline("efficientnet_lite3")
    names = [layer.name for layer in model.layers]
    assert not any("_se_" in name or "swish" in name for name in names)
    for name in ("stem_conv", "stage4_block2_expand", "stage8_conv"):
        layer = model.get_layer(f"{name}_relu6")
        x = np.array([[-1.0, 3.0, 7.0]], "float32")
        np.testing.assert_array_equal(layer(x), [[0, 3, 6]])
    assert model.get_layer("stem_conv").filters == 32
    assert model.get_layer("stage8_conv").filters == 1280
    record = zoo.preprocessing(model)
    assert record.mean == (127.0,) * 3 and record.std == (128.0,) * 3
    assert record.crop_fraction == 280 / 312
    assert record.interpolation == "bicubic"


def test_any_activation_of_keras_may_be_asked_for(no_weights):
    spec = dataclasses.replace(VARIANTS["efficientnet_b0"], activation="gelu")
    with no_weights():
        model = EfficientNet(spec, input_shape=(32, 32, 3))
    reduce = model.get_layer("stage3_block1_se_reduce").activation
    assert reduce.__name__ == "gelu"
    assert model.get_layer("stage3_block1_depthwise_gelu")
    assert model.get_layer("stem_conv_gelu")


@pytest.mark.parametrize("stride", [0, 3, "2"])
def test_other_strides_are_refused(stride):
    with pytest.raises(RequestError, match="`stem_stride` is 1 or 2"):
        EfficientNet(stem_stride=stride)


def test_the_crop_follows_the_paper(outline):
    for name in zoo.list_models("efficientnet_b*"):
        record = zoo.preprocessing(outline(name))
        side = VARIANTS[name].scaling.image_size
        assert record.crop_fraction == side / (side + 32)
        assert record.interpolation == "bicubic"


def test_any_size_of_picture_fits(tiny, pictures, no_weights):
    with no_weights():
        model = EfficientNet(input_shape=(None, None, 3))
    assert model.input_shape == (None, None, None, 3)
    features = tiny("efficientnet", include_top=False)
    assert features(pictures(32, 1)).shape[1:3] == (2, 2)
