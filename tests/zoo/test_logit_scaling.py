"""What a calibrated model multiplies its logits by, wherever it goes."""

import json

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.head_scaling import LogitScaling
from zoo.layers import Logits

VECTOR = LogitScaling((0.5, 2.0, 1.25), (0.0, -1.0, 0.5))


@pytest.fixture
def net(tiny):
    return tiny("resnet_cifar", classes=3)


def expected(plain, scaling):
    shift = scaling.shift or (0.0,)
    return plain * np.float32(scaling.scale) + np.float32(shift)


@pytest.mark.parametrize(
    "scaling", [LogitScaling.of_temperature(1.7), VECTOR], ids=["one", "each"]
)
def test_logits_are_scaled_and_stay_logits(net, pictures, scaling):
    pixels = pictures(32, 4)
    plain = np.asarray(net(pixels))
    zoo.set_logit_scaling(net, scaling)
    found = np.asarray(net(pixels))
    np.testing.assert_allclose(found, expected(plain, scaling), atol=1e-6)
    assert found.dtype == "float32"
    zoo.set_logit_scaling(net, None)
    assert np.array_equal(net(pixels), plain)


def test_a_scale_of_one_changes_no_bit(net, pictures):
    plain = np.asarray(net(pictures(32, 4)))
    zoo.set_logit_scaling(net, LogitScaling.of_temperature(1.0))
    assert np.array_equal(net(pictures(32, 4)), plain)


def test_what_keras_has_compiled_is_not_kept(net, pictures):
    pixels = pictures(32, 4)
    plain = net.predict(pixels, verbose=0)
    zoo.set_logit_scaling(net, LogitScaling.of_temperature(2.0))
    np.testing.assert_allclose(
        net.predict(pixels, verbose=0), plain / 2, rtol=1e-5
    )


def test_an_activation_comes_behind_the_scale():
    head = Logits(2, activation="softmax", scaling={"scale": [4], "shift": []})
    features = np.array([[1.0, 0.0]], "float32")
    head.build((None, 2))
    head.set_weights([np.eye(2), np.zeros(2)])
    expected = 1 / (1 + np.exp(-4.0))
    np.testing.assert_allclose(head(features)[0, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("ending", [".keras", ".safetensors", ".weights.h5"])
def test_files_keep_it(net, tiny, tmp_path, pictures, ending):
    path = tmp_path / f"net{ending}"
    zoo.set_logit_scaling(net, VECTOR)
    net.save(path) if ending == ".keras" else zoo.save_weights(net, path)
    built = tiny("resnet_cifar", weights=path)
    assert zoo.logit_scaling(built) == VECTOR
    np.testing.assert_allclose(
        built(pictures(32, 2)), net(pictures(32, 2)), atol=1e-6
    )
    if ending == ".keras":
        loaded = keras.models.load_model(path)
        assert np.array_equal(loaded(pictures(32, 2)), net(pictures(32, 2)))
    other = tiny("resnet_cifar", classes=2, weights=path)
    assert zoo.logit_scaling(other) is None


def test_an_export_keeps_it(net, tmp_path, pictures):
    import tensorflow as tf

    zoo.set_logit_scaling(net, VECTOR)
    zoo.export(net, tmp_path / "net")
    # Which keeps the variables that its function refers to.
    served = tf.saved_model.load(str(tmp_path / "net"))
    found = served.serve(pictures(32, 2))
    np.testing.assert_allclose(found, net(pictures(32, 2)), atol=1e-5)


@pytest.mark.parametrize(
    "held",
    [
        '{"scale": []}',
        '{"scale": [0], "shift": []}',
        '{"scale": [NaN], "shift": []}',
        '{"scale": ["1"], "shift": []}',
        '{"scale": [1], "shift": [0, 0, 0]}',
        '{"scale": 1, "shift": []}',
        "[1]",
    ],
)
def test_damaged_scales_are_refused(net, tiny, tmp_path, held):
    path = tmp_path / "net.safetensors"
    zoo.save_weights(net, path, metadata={"scaling": held})
    with pytest.raises(IntegrityError, match="metadata 'scaling'"):
        tiny("resnet_cifar", weights=path)


def test_scales_of_other_classes_are_refused(net, tiny, tmp_path):
    wrong = LogitScaling((1.0, 2.0))
    with pytest.raises(RequestError, match="for 3 classes, received 2"):
        zoo.set_logit_scaling(net, wrong)
    with pytest.raises(RequestError, match="is a LogitScaling, received 2"):
        zoo.set_logit_scaling(net, 2)
    path = tmp_path / "net.safetensors"
    held = json.dumps(wrong.as_json())
    zoo.save_weights(net, path, metadata={"scaling": held})
    with pytest.raises(IntegrityError, match="2 scales of classes"):
        tiny("resnet_cifar", weights=path)


def test_a_file_without_it_is_as_it_was(net, tmp_path):
    """Models of before say nothing of it, and are written as they were."""
    assert "scaling" not in net.get_layer("head_logits").get_config()
    path = tmp_path / "net.keras"
    net.save(path)
    assert zoo.logit_scaling(keras.models.load_model(path)) is None
