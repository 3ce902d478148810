"""ResNet: padding, strides and shortcuts, against NumPy and Keras."""

import keras
import numpy as np
import pytest

from zoo.blocks import he_fan_out
from zoo.blocks import symmetric_conv
from zoo.errors import RequestError
from zoo.resnet import VARIANTS
from zoo.resnet import ResNet
from zoo.resnet import plan_blocks


@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize(("kernel_size", "stride"), [(7, 2), (3, 2), (3, 1)])
def test_convolutions_pad_symmetrically(convolve, side, kernel_size, stride):
    x = np.random.default_rng(0).normal(size=(2, side, side, 3))
    inputs = keras.Input((side, side, 3))
    outputs = symmetric_conv(inputs, 4, kernel_size, stride=stride, name="c")
    model = keras.Model(inputs, outputs)
    kernel = model.get_layer("c").get_weights()[0]
    border = (kernel_size // 2,) * 2
    padded = np.pad(x, ((0, 0), border, border, (0, 0)))
    expected = convolve(padded, kernel, stride)
    np.testing.assert_allclose(model(x), expected, atol=1e-5)


def test_he_initialisation_has_its_deviation_and_differs_by_layer(convolve):
    shape = (3, 3, 64, 128)
    kernel = np.asarray(he_fan_out()(shape))
    assert abs(kernel.std() / (2 / (9 * 128)) ** 0.5 - 1) < 0.02
    assert not np.array_equal(kernel, np.asarray(he_fan_out()(shape)))


def _copy_bottlenecks(reference, model, repeats):
    """Copies weights from keras.applications.ResNet50; its biases are 0."""
    names = {"conv1_conv": "stem_conv", "conv1_bn": "stem_conv_bn"}
    for stage, blocks in enumerate(repeats, start=1):
        for block in range(1, blocks + 1):
            for i in range(4 if block == 1 else 3):
                source = (i if block == 1 else i + 1) or 0
                own = f"stage{stage}_block{block}_"
                own += f"conv{source}" if source else "shortcut"
                theirs = f"conv{stage + 1}_block{block}_{source}"
                names[f"{theirs}_conv"] = own
                names[f"{theirs}_bn"] = f"{own}_bn"
    names["predictions"] = "head_logits"
    generator = np.random.default_rng(0)
    for theirs, own in names.items():
        values = reference.get_layer(theirs).get_weights()
        if theirs.endswith("_conv"):
            values = values[:1]
        if theirs.endswith("_bn"):
            values = [generator.uniform(0.5, 1.5, v.shape) for v in values]
            reference.get_layer(theirs).set_weights(values)
        model.get_layer(own).set_weights(values)
    assert {layer.name for layer in model.layers if layer.weights} == set(
        names.values()
    )


def test_v1_computes_what_keras_applications_computes():
    arguments = {"input_shape": (64, 64, 3), "classes": 7}
    arguments["classifier_activation"] = None
    reference = keras.applications.ResNet50(weights=None, **arguments)
    model = ResNet("resnet50_v1", **arguments)
    _copy_bottlenecks(reference, model, (3, 4, 6, 3))
    x = np.random.default_rng(1).normal(size=(2, 64, 64, 3)).astype("float32")
    start = model.get_layer("preprocessing").output
    expected = np.asarray(reference(x))
    actual = np.asarray(keras.Model(start, model.output)(x))
    assert np.abs(actual - expected).max() < 1e-4 * np.abs(expected).max()


def _strides(model):
    return {
        layer.name
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D) and layer.strides != (1, 1)
    }


def test_each_form_strides_where_its_paper_does(outline):
    stages = ("stage2", "stage3", "stage4")
    for form, op, shortcut in (
        ("_v1", "conv1", True),
        ("", "conv2", True),
        ("_v2", "conv2", True),
        ("_d", "conv2", False),
    ):
        expected = {f"{stage}_block1_{op}" for stage in stages}
        if shortcut:
            expected |= {f"{stage}_block1_shortcut" for stage in stages}
        expected.add("stem_conv1" if form == "_d" else "stem_conv")
        assert _strides(outline(f"resnet50{form}")) == expected


def test_batch_normalisation_is_as_published(outline):
    for name in ("resnet50", "resnet18_v2", "resnet20"):
        for layer in outline(name).layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                assert (layer.epsilon, layer.momentum) == (1e-5, 0.9)
            if isinstance(layer, keras.layers.Conv2D):
                assert not layer.use_bias


def test_depth_is_the_number_in_the_name():
    for name, spec in VARIANTS.items():
        depth = int(name.removeprefix("resnet").partition("_")[0])
        layers = 2 + len(plan_blocks(spec)) * (3 if spec.bottleneck else 2)
        assert layers == depth


def test_v2_ends_in_an_activation(outline):
    model = outline("resnet50_v2")
    pool = model.get_layer("head_pool")
    assert pool.input is model.get_layer("stage4_post_relu").output


def test_unknown_variants_are_answered_with_the_nearest():
    with pytest.raises(RequestError) as caught:
        ResNet("resnet_50")
    assert "No variant is called 'resnet_50'. Nearest: resnet50" in str(
        caught.value
    )
