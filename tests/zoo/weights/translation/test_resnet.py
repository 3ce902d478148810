"""ResNet's names elsewhere, and what Keras's biases become."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
from keras.src.applications import resnet as keras_resnet
from random_tensors import random_tensors

from zoo import resnet
from zoo.errors import IntegrityError
from zoo.weights import load_weights
from zoo.weights import translation
from zoo.weights.files import variable_names
from zoo.weights.translation.names import name_variables

# Of each kind of file: one of our names, and theirs, as read in the state
# dicts of torchvision 0.28, timm 1.0.31 and Keras 3.15.
NAMES = {
    ("resnet50", "torchvision"): {
        "stem_conv/kernel": "conv1.weight",
        "stage2_block3_conv3_bn/moving_variance": ("layer2.2.bn3.running_var"),
        "stage1_block1_shortcut/kernel": "layer1.0.downsample.0.weight",
        "head_logits/bias": "fc.bias",
    },
    ("resnet18", "timm"): {
        "stage4_block2_conv2/kernel": "layer4.1.conv2.weight",
    },
    ("resnet18_d", "timm"): {
        "stem_conv2_bn/moving_mean": "conv1.4.running_mean",
        "stem_conv3/kernel": "conv1.6.weight",
        "stem_conv3_bn/beta": "bn1.bias",
        "stage2_block1_shortcut_bn/gamma": "layer2.0.downsample.2.weight",
    },
    ("resnet50_v2", "timm"): {
        "stem_conv/kernel": "stem.conv.weight",
        "stage3_block1_shortcut/kernel": (
            "stages.2.blocks.0.downsample.conv.weight"
        ),
        "stage3_block2_conv3_bn/gamma": "stages.2.blocks.1.norm3.weight",
        "stage4_post_bn/gamma": "norm.weight",
        "head_logits/kernel": "head.fc.weight",
    },
    ("resnet50_v1", "keras"): {
        "stem_conv_bn/gamma": "conv1_bn/gamma",
        "stage1_block1_shortcut/kernel": "conv2_block1_0_conv/kernel",
        "stage4_block3_conv3_bn/beta": "conv5_block3_3_bn/beta",
        "head_logits/bias": "predictions/bias",
    },
    ("resnet50_v2", "keras"): {
        "stem_conv/bias": "conv1_conv/bias",
        "stage2_block3_pre_bn/beta": "conv3_block3_preact_bn/beta",
        "stage2_block3_conv3_bn/beta": "conv3_block3_2_bn/beta",
        "stage4_post_bn/gamma": "post_bn/gamma",
    },
    ("resnet20", "akamaster"): {
        "stage3_block3_conv2_bn/beta": "layer3.2.bn2.bias",
        "head_logits/kernel": "linear.weight",
    },
}


def _small(variant, origin):
    """The variant with few channels: all of its names, no time to build."""
    spec = resnet.VARIANTS[variant]
    widths = (64, 8, 16, 24) if origin == "keras" else (8, 8, 16, 24)
    return dataclasses.replace(
        spec,
        widths=widths[: len(spec.widths)],
        repeats=tuple(min(count, 3) for count in spec.repeats),
    )


@functools.cache
def _build(variant, origin):
    """A model with random weights; not to be changed."""
    model = resnet.ResNet(
        _small(variant, origin),
        origin=origin,
        classes=5,
        input_shape=(64, 64, 3),
    )
    variables = variable_names(model)
    shapes = {name: variable.shape for name, variable in variables.items()}
    for name, value in random_tensors(shapes).items():
        variables[name].assign(value)
    return model


def _values(variant, origin):
    named = variable_names(_build(variant, origin)).items()
    return {name: np.array(variable) for name, variable in named}


def _table(values, library):
    """The one table whose names these can get."""
    (table,) = (
        table
        for table in translation.TABLES
        if (table.family, table.library) == ("resnet", library)
        and table.fits(translation.to_theirs(table, values))
    )
    return table


@pytest.mark.parametrize(("variant", "library"), NAMES)
def test_there_and_back(variant, library):
    values = _values(variant, library)
    table = _table(values, library)
    expected = NAMES[variant, library]
    rows = {row.ours: row.theirs for row in table.rows(list(values))}
    assert {name: rows[name] for name in expected} == expected
    theirs = translation.to_theirs(table, values)
    assert set(rows.values()) <= set(theirs)
    assert len(set(rows.values())) == len(values)
    back = translation.to_ours(table, theirs, values)
    assert back.keys() == values.keys()
    for name, value in values.items():
        assert np.array_equal(back[name], value), name
    libraries = {found.library for found in translation.recognise(theirs)}
    plain = variant in ("resnet18", "resnet50")
    assert libraries == ({"torchvision", "timm"} if plain else {library})


def test_steps_that_pytorch_counts_are_left_out():
    values = _values("resnet18", "timm")
    table = _table(values, "timm")
    theirs = translation.to_theirs(table, values)
    theirs["bn1.num_batches_tracked"] = np.array(3)
    theirs["fc2.weight"] = np.zeros((1, 1))
    back = translation.to_ours(table, theirs, values)
    assert back.keys() - values.keys() == {"fc2.weight"}


def _keras_model(spec):
    """keras.applications' own builder, with our small variant's blocks."""
    preact = spec.preactivation
    stack = (
        keras_resnet.stack_residual_blocks_v2
        if preact
        else keras_resnet.stack_residual_blocks_v1
    )
    strides = (2, 2, 2, 1) if preact else (1, 2, 2, 2)

    def stacks(x):
        for number, (width, repeats, stride) in enumerate(
            zip(spec.widths, spec.repeats, strides, strict=True), start=2
        ):
            x = stack(x, width, repeats, stride1=stride, name=f"conv{number}")
        return x

    return keras_resnet.ResNet(
        stacks,
        preact,
        use_bias=True,
        weights=None,
        input_shape=(64, 64, 3),
        classes=5,
        classifier_activation=None,
    )


@pytest.mark.parametrize("kind", ["v1", "v2"])
def test_a_keras_model_takes_our_weights_and_computes_the_same(kind):
    model = _build(f"resnet50_{kind}", "keras")
    theirs = _keras_model(_small(f"resnet50_{kind}", "keras"))
    values = _values(f"resnet50_{kind}", "keras")
    tensors = translation.to_theirs(_table(values, "keras"), values)
    variables = variable_names(theirs)
    assert tensors.keys() == variables.keys()
    for name, value in tensors.items():
        variables[name].assign(value)
    generator = np.random.default_rng(1)
    x = generator.normal(size=(2, 64, 64, 3)).astype("float32")
    start = model.get_layer("preprocessing").output
    actual = np.asarray(keras.Model(start, model.output)(x))
    expected = np.asarray(theirs(x[..., ::-1] if kind == "v1" else x))
    assert np.abs(actual - expected).max() < 1e-4 * np.abs(expected).max()


def _folded(changes):
    """What becomes of the means of a `_v2` when biases are changed."""
    values = _values("resnet50_v2", "keras")
    table = _table(values, "keras")
    theirs = translation.to_theirs(table, values)
    for name, number in changes.items():
        theirs[name] = theirs[name] + np.float32(number)
    ours = translation.to_ours(table, theirs, values)
    differences = {}
    for name in values:
        difference = np.unique(np.round(values[name] - ours[name], 4))
        if difference.any():
            differences[name] = difference.tolist()
    return differences


def test_a_bias_goes_down_the_residual_stream_to_the_next_projection():
    assert _folded({"conv3_block2_3_conv/bias": 2.0}) == {
        "stage2_block3_pre_bn/moving_mean": [2.0],
        "stage3_block1_pre_bn/moving_mean": [2.0],
    }


def test_biases_add_up():
    changes = {
        "conv5_block1_0_conv/bias": 1.0,
        "conv5_block2_3_conv/bias": 2.0,
        "conv1_conv/bias": -4.0,
    }
    assert _folded(changes) == {
        "stem_conv/bias": [4.0],
        "stage4_block2_pre_bn/moving_mean": [1.0],
        "stage4_block3_pre_bn/moving_mean": [3.0],
        "stage4_post_bn/moving_mean": [3.0],
    }


def test_numbered_variables_get_their_names():
    kernel, bias, one = np.ones((1, 1, 2, 3)), np.ones(3), np.array(1)
    tensors = {
        **{"a_conv/0": kernel, "a_conv/1": bias},
        **{f"a_bn/{i}": bias + i for i in range(5)},
        "scalar": one,
    }
    assert list(name_variables(tensors)) == [
        *("a_conv/kernel", "a_conv/bias", "a_bn/gamma", "a_bn/beta"),
        *("a_bn/moving_mean", "a_bn/moving_variance", "a_bn/4", "scalar"),
    ]


@pytest.mark.parametrize("damage", ["another size", "no mean"])
def test_biases_that_fit_nothing_are_refused(damage):
    values = _values("resnet50_v1", "keras")
    table = _table(values, "keras")
    theirs = translation.to_theirs(table, values)
    if damage == "no mean":
        del theirs["conv1_bn/moving_mean"]
    else:
        theirs["conv1_conv/bias"] = np.zeros(1, "float32")
    with pytest.raises(IntegrityError, match="belongs to conv1_bn/moving_mean"):
        translation.to_ours(table, theirs, values)


def test_kernels_of_another_rank_are_named():
    model = _build("resnet18", "torchvision")
    values = _values("resnet18", "torchvision")
    table = _table(values, "torchvision")
    theirs = translation.to_theirs(table, values)
    theirs["conv1.weight"] = np.zeros((8, 3), "float32")
    with pytest.raises(IntegrityError) as caught:
        load_weights(model, translation.to_ours(table, theirs, values))
    assert "stem_conv/kernel has shape (8, 3)" in str(caught.value)
