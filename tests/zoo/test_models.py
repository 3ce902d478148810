"""What every model of the zoo promises, form by form."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import RequestError
from zoo.layers import DropPath
from zoo.layers import Logits
from zoo.layers import PixelScaling


@pytest.fixture(params=["float32", "mixed_bfloat16"])
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def test_every_weight_gets_a_finite_gradient(form, shared, pictures):
    model = shared(form)
    images = pictures(model.input_shape[1]).astype("float32")
    before = [np.asarray(v) for v in model.non_trainable_variables]
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        loss = keras.losses.sparse_categorical_crossentropy(
            np.array([0, 1, 2, 0]), logits, from_logits=True
        )
    weights = model.trainable_variables
    gradients = tape.gradient(loss, [weight.value for weight in weights])
    for weight, gradient in zip(weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path
        assert np.any(gradient), weight.path
    for variable, value in zip(
        model.non_trainable_variables, before, strict=True
    ):
        variable.assign(value)


def test_a_saved_model_is_the_same_model(form, shared, pictures, tmp_path):
    model = shared(form)
    model.save(tmp_path / "model.keras")
    copy = keras.models.load_model(tmp_path / "model.keras")
    assert type(copy) is keras.Model or type(copy).__name__ == "Functional"
    images = pictures(model.input_shape[1])
    np.testing.assert_allclose(copy(images), model(images), atol=1e-6)
    assert zoo.class_names(copy) == ("ant", "bee", "cat")
    assert zoo.preprocessing(copy) == zoo.preprocessing(model)
    assert zoo.preprocessing(copy).mean == (1.0, 2.0, 3.0)
    assert zoo.preprocessing(copy).interpolation == "bicubic"
    assert copy.name == "mine" and copy.output_shape == (None, 3)
    # Keras returns tuples before and lists after.
    assert json.dumps(copy.get_config()) == json.dumps(model.get_config())


def test_it_builds_and_runs_at_a_second_size(form, shared, tiny, pictures):
    # Patches of a transformer do not fit any size.
    side = shared(form).input_shape[1] + (16 if form == "vit" else 13)
    logits = tiny(form, side=side, classes=4)(pictures(side, 2))
    assert logits.shape == (2, 4)
    assert np.isfinite(np.asarray(logits)).all()


def test_integers_and_floats_give_the_same_float32_logits(
    form, policy, tiny, pictures
):
    model = tiny(form, classes=3)
    pixels = pictures(model.input_shape[1])
    logits = model(pixels)
    assert logits.dtype == "float32"
    for other in ("float32", "int32"):
        assert np.array_equal(model(pixels.astype(other)), logits), other
    inner = [
        layer.compute_dtype
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    expected = policy.removeprefix("mixed_")
    assert inner and set(inner) == {expected}


def test_pictures_of_one_value_give_finite_logits(form, shared):
    model = shared(form)
    side = model.input_shape[1]
    for value in (0, 127, 255):
        pixels = np.full((2, side, side, 3), value, "uint8")
        for training in (False, True):
            logits = np.asarray(_run(model, pixels, training))
            assert np.isfinite(logits).all()


def _run(model, pixels, training):
    before = [np.asarray(v) for v in model.non_trainable_variables]
    logits = model(pixels, training=training)
    for variable, value in zip(
        model.non_trainable_variables, before, strict=True
    ):
        variable.assign(value)
    return logits


def test_the_loss_falls_as_the_gradient_says(form, tiny, pictures):
    keras.utils.set_random_seed(0)
    model = tiny(form, classes=2)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout | DropPath):
            layer.rate = 0.0
    images = pictures(model.input_shape[1], 2)
    weights = model.trainable_variables

    def loss():
        logits = model(images, training=True)
        labels = np.array([0, 1])
        losses = keras.losses.sparse_categorical_crossentropy(
            labels, logits, from_logits=True
        )
        return tf.reduce_mean(losses)

    with tf.GradientTape() as tape:
        before = loss()
    gradients = tape.gradient(before, [weight.value for weight in weights])
    # The step after which the loss is 0.1 % lower, if it were a plane.
    step = 1e-3 * before / tf.linalg.global_norm(gradients) ** 2
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.assign_sub(step * gradient)
    fall = float((before - loss()) / before)
    assert 0.5e-3 < fall < 1.5e-3


def test_an_activation_turns_logits_into_probabilities(tiny, pictures):
    probabilities = tiny(
        "resnet_cifar", classes=5, classifier_activation="softmax"
    )(pictures(32, 3))
    np.testing.assert_allclose(np.sum(probabilities, -1), 1, atol=1e-6)


def test_class_names_must_be_as_many_as_classes(tiny):
    model = tiny("resnet_cifar", classes=3)
    assert zoo.class_names(model) is None
    with pytest.raises(RequestError) as caught:
        zoo.set_class_names(model, ["a", "b"])
    assert "expected 3 names of classes, received 2: a, b" in str(caught.value)
    with pytest.raises(RequestError, match="3 names of classes, received 0"):
        zoo.set_class_names(model, [])
    with pytest.raises(RequestError, match="holds 0 layers"):
        zoo.preprocessing(keras.Sequential([keras.Input((2,))]))


@pytest.mark.parametrize(
    "values",
    [(0.5,), (0.5, 0.5, float("nan")), (0.5, 0.5, 1.5), (0.1, 0.2, "0.3")],
)
def test_thresholds_are_numbers_one_for_each_class(tiny, values):
    model = tiny("resnet_cifar", classes=3)
    with pytest.raises(RequestError, match=r"'resnet_cifar': .*threshold"):
        zoo.set_thresholds(model, values)
    with pytest.raises(ValueError, match="threshold"):
        Logits(3, thresholds=values)
    zoo.set_thresholds(model, np.array([0, 0.5, 1]))
    assert zoo.thresholds(model) == (0.0, 0.5, 1.0)
    zoo.set_thresholds(model, None)
    assert zoo.thresholds(model) is None


def test_scaling_is_the_first_layer_and_has_no_weights(form, shared):
    pixels, scaling = shared(form).layers[:2]
    assert (pixels.name, scaling.name) == ("pixels", "preprocessing")
    assert isinstance(scaling, PixelScaling) and not scaling.weights


@pytest.mark.parametrize("classes", [0, -1, 2.5, "10", True])
def test_numbers_of_classes_are_checked(form, tiny, classes):
    with pytest.raises(RequestError) as caught:
        tiny(form, classes=classes)
    message = str(caught.value)
    assert "`classes` is the number of classes, at least 1" in message
    assert f"Received: {classes!r}" in message


@pytest.mark.parametrize(
    "shape", [(64, 64, 0), (64, 64), (3, 64, 64), (0, 9, 3)]
)
@pytest.mark.parametrize(
    "name",
    [
        *("resnet18", "efficientnet_b0", "efficientnetv2_b0"),
        *("mobilenetv3_small", "vit_s16"),
    ],
)
def test_input_shapes_are_those_of_pictures(name, shape):
    with pytest.raises(RequestError) as caught:
        zoo.create_model(name, input_shape=shape)
    message = str(caught.value)
    assert "(height, width, 3)" in message and f"{shape}" in message
