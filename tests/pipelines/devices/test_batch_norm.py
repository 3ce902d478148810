"""BatchNorm through the fused kernel: the same numbers as Keras's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from pipelines.devices.batch_norm import FusedBatchNormalization
from pipelines.devices.batch_norm import plain_copy
from pipelines.devices.batch_norm import trainable_copy
from zoo.preprocessing import Preprocessing
from zoo.resnet import ResNet

FORMS = {
    "default": {},
    "as in the zoo": {"momentum": 0.9, "epsilon": 1e-5},
    "no scale": {"scale": False},
    "no offset": {"center": False},
    "neither": {"scale": False, "center": False},
}


def pair(form, shape=(6, 5, 4, 3)):
    """Keras's layer and ours with the same weights, none at its default."""
    random = np.random.default_rng(0)
    layers = []
    for kind in (keras.layers.BatchNormalization, FusedBatchNormalization):
        layer = kind(**FORMS[form])
        layer.build(shape)
        layers.append(layer)
    values = [random.uniform(0.5, 2, w.shape) for w in layers[0].weights]
    for layer in layers:
        layer.set_weights(values)
    x = random.normal(3, 2, shape).astype("float32")
    return *layers, tf.constant(x)


def apply(layer, x, training):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=training)
        loss = tf.reduce_sum(tf.sin(y))
    sources = [x, *(v.value for v in layer.trainable_variables)]
    return y, tape.gradient(loss, sources)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_output_gradients_and_statistics_equal_keras(form, training):
    theirs, ours, x = pair(form)
    start = [w.numpy() for w in ours.non_trainable_variables]
    for _ in range(3):
        expected, expected_gradients = apply(theirs, x, training)
        y, gradients = apply(ours, x, training)
        np.testing.assert_allclose(y, expected, atol=1e-5)
        for g, e in zip(gradients, expected_gradients, strict=True):
            np.testing.assert_allclose(g, e, rtol=1e-5, atol=1e-4)
    for w, e in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(w.numpy(), e.numpy(), atol=1e-5)
    moved = [
        (w.numpy() != s).any()
        for w, s in zip(ours.non_trainable_variables, start, strict=True)
    ]
    assert moved == [training] * 2


def test_frozen_it_is_in_inference_mode():
    theirs, ours, x = pair("default")
    inference = ours(x, training=False).numpy()
    ours.trainable = theirs.trainable = False
    before = [w.numpy() for w in ours.weights]
    np.testing.assert_array_equal(ours(x, training=True), inference)
    np.testing.assert_allclose(ours(x), theirs(x, training=True), atol=1e-5)
    for w, value in zip(ours.weights, before, strict=True):
        np.testing.assert_array_equal(w.numpy(), value)


def test_the_configuration_round_trips():
    ours = FusedBatchNormalization(momentum=0.7, epsilon=1e-2, scale=False)
    theirs = keras.layers.deserialize(keras.layers.serialize(ours))
    assert type(theirs) is FusedBatchNormalization
    assert theirs.get_config() == ours.get_config()


@pytest.fixture(scope="module")
def pictures(noise):
    return np.stack([noise(16, 16, seed=i) for i in range(4)])


def randomised(model):
    random = np.random.default_rng(0)
    model.set_weights(
        [random.uniform(0.1, 1, w.shape) for w in model.get_weights()]
    )
    return model


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_copy_keeps_names_and_weights(tiny, pictures, replicas):
    model = randomised(tiny(dropout=0.5))
    copy = trainable_copy(model, replicas)
    names = [layer.name for layer in model.layers]
    assert [layer.name for layer in copy.layers] == names
    for ours, theirs in zip(copy.weights, model.weights, strict=True):
        assert ours.path == theirs.path
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    norms = [
        layer
        for layer in copy.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(norms) == 5
    fused = [type(norm) is FusedBatchNormalization for norm in norms]
    assert fused == [replicas == 1] * 5
    assert [norm.synchronized for norm in norms] == [replicas == 2] * 5
    assert {(norm.momentum, norm.epsilon) for norm in norms} == {(0.9, 1e-5)}
    np.testing.assert_allclose(
        copy(pictures, training=False),
        model(pictures, training=False),
        rtol=1e-4,
    )
    assert zoo.class_names(copy) == zoo.class_names(model)
    assert zoo.preprocessing(copy) == zoo.preprocessing(model)


def test_the_copy_and_the_model_share_nothing(tiny):
    model = tiny()
    copy = trainable_copy(model)
    before = [w.copy() for w in model.get_weights()]
    for variable in copy.variables:
        variable.assign(variable + 1)
    for w, value in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(w, value)


def test_a_copy_in_bfloat16(tiny, pictures):
    plain = randomised(tiny())
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = tiny()
        model.set_weights(plain.get_weights())
        copy = trainable_copy(model)
    finally:
        keras.config.set_dtype_policy("float32")
    norm = copy.get_layer("stage1_block1_conv1_bn")
    assert norm.dtype_policy.name == "mixed_bfloat16"
    assert {w.dtype for w in copy.weights} == {"float32"}
    x = tf.random.stateless_normal((4, 8, 8, 8), (0, 1))
    assert norm(x).dtype == tf.bfloat16
    logits = copy(pictures, training=False)
    assert logits.dtype == tf.float32
    reference = plain(pictures, training=False).numpy()
    np.testing.assert_allclose(logits, reference, rtol=0.03)
    before = [w.numpy() for w in norm.non_trainable_variables]
    copy(pictures, training=True)
    for w, value in zip(norm.non_trainable_variables, before, strict=True):
        assert np.isfinite(w.numpy()).all() and (w.numpy() != value).all()


def test_the_plain_copy_is_the_same_model_in_float32():
    record = Preprocessing(16, mean=(1, 2, 3), std=(4, 5, 6))
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = ResNet(
            "resnet20",
            classes=2,
            input_shape=(16, 16, 3),
            preprocessing=record,
        )
        zoo.set_class_names(model, ("a", "b"))
        trained = trainable_copy(model)
    finally:
        keras.config.set_dtype_policy("float32")
    plain = plain_copy(trained)
    assert zoo.preprocessing(plain) == record
    assert zoo.class_names(plain) == ("a", "b")
    assert not any(
        isinstance(layer, FusedBatchNormalization) for layer in plain.layers
    )
    assert {layer.compute_dtype for layer in plain.layers} == {"float32"}
    for own, other in zip(plain.weights, trained.weights, strict=True):
        assert own.path == other.path
        np.testing.assert_array_equal(own, other)


def test_depthwise_layers_are_exact_on_a_processor():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = zoo.create_model("efficientnet_cifar")
        copy = trainable_copy(model)
    finally:
        keras.config.set_dtype_policy("float32")
    dtypes = {True: set(), False: set()}
    for layer in copy.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            dtypes[False].add(layer.compute_dtype)
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            dtypes[True].add(layer.compute_dtype)
    assert dtypes[True] == {"float32"}
    assert "bfloat16" in dtypes[False]
    pictures = np.full((2, 32, 32, 3), 128, "uint8")
    np.testing.assert_allclose(
        copy(pictures, training=False),
        model(pictures, training=False),
        atol=0.05,
    )
