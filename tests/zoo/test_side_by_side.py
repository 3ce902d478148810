"""Several networks in one graph say the mean of what each says."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import RequestError
from zoo.head_scaling import LogitScaling
from zoo.layers import MiddleWindow
from zoo.profile import count_macs
from zoo.side_by_side import side_by_side

NAMES = ("ant", "bee", "fly")


def network(name, names=NAMES, side=32, **options):
    model = zoo.create_model(
        name, classes=len(names), input_shape=(side, side, 3), **options
    )
    zoo.set_class_names(model, names)
    return model


def probabilities(logits):
    logits = np.asarray(logits, "float64")
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), "uint8")


@pytest.mark.parametrize("count", [2, 3])
def test_it_is_the_mean_of_probabilities(count, pixels):
    models = [network("resnet20"), network("alexnet_cifar")] * 2
    models = models[:count]
    both = side_by_side(models)
    mean = sum(probabilities(model(pixels)) for model in models) / count
    np.testing.assert_allclose(np.exp(both(pixels)), mean, atol=1e-6)
    assert count_macs(both) == sum(map(count_macs, models))
    assert not any(isinstance(each, keras.Model) for each in both.layers)


def test_two_equal_ones_are_the_one(pixels):
    model = network("resnet20")
    both = side_by_side([model, model])
    ours, own = probabilities(both(pixels)), probabilities(model(pixels))
    np.testing.assert_allclose(ours, own, atol=1e-7)


def test_classes_in_another_order(pixels):
    one = network("resnet20")
    other = network("resnet20", NAMES[::-1])
    both = side_by_side([one, other])
    assert zoo.class_names(both) == NAMES
    turned = probabilities(other(pixels))[:, ::-1]
    mean = (probabilities(one(pixels)) + turned) / 2
    np.testing.assert_allclose(np.exp(both(pixels)), mean, atol=1e-6)


def test_a_head_of_probabilities_counts_once(pixels):
    plain, soft = (
        network("resnet20", classifier_activation=each)
        for each in (None, "softmax")
    )
    soft.set_weights(plain.get_weights())
    both = side_by_side([plain, soft])
    np.testing.assert_allclose(
        np.exp(both(pixels)), probabilities(plain(pixels)), atol=1e-6
    )


def test_each_sees_its_own_size():
    """The small one's picture is what TensorFlow resizes the middle to."""
    small = network("alexnet_cifar")
    large = network("efficientnet_lite0", side=64)
    assert zoo.preprocessing(large).crop_fraction == 0.875
    both = side_by_side([small, large])
    record = zoo.preprocessing(both)
    # 64 pixels are 0.875 of 73, all of which the small one wants to see.
    assert (record.image_size, record.crop_fraction) == (73, 1.0)
    pixels = np.random.default_rng(1).integers(0, 256, (2, 73, 73, 3), "uint8")
    seen = tf.image.resize(pixels, (32, 32), antialias=True)
    start = (73 - 64) // 2
    middle = pixels[:, start : start + 64, start : start + 64]
    mean = (probabilities(small(seen)) + probabilities(large(middle))) / 2
    np.testing.assert_allclose(np.exp(both(pixels)), mean, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "part"), [(20, 0.875), (90, 1.0), (56, 0.875)]
)
def test_a_window_is_what_tensorflow_resizes(size, part):
    pixels = np.random.default_rng(2).uniform(0, 255, (1, 64, 64, 3))
    start = round(64 * (1 - part) / 2)
    inside = pixels[:, start : 64 - start, start : 64 - start]
    wanted = tf.image.resize(inside, (size, size), antialias=True)
    found = MiddleWindow(size, part)(pixels)
    np.testing.assert_allclose(found, wanted, atol=5e-3)


def test_it_is_saved_exported_and_looked_into(pixels, tmp_path):
    both = side_by_side([network("resnet20"), network("alexnet_cifar")])
    both.save(tmp_path / "both.keras")
    loaded = keras.models.load_model(tmp_path / "both.keras")
    np.testing.assert_array_equal(loaded(pixels), both(pixels))
    assert zoo.class_names(loaded) == NAMES
    zoo.export(both, tmp_path / "served")
    served = tf.saved_model.load(str(tmp_path / "served"))
    np.testing.assert_allclose(served.serve(pixels), both(pixels), atol=1e-4)
    names = [stage.name for stage in zoo.stages(both)]
    assert names == ["stem", "stage1", "stage2", "stage3", "head"]
    with pytest.raises(RequestError, match="several networks side by side"):
        zoo.split(both, "head")
    with pytest.raises(RequestError, match="mean of several networks already"):
        side_by_side([both, both])


def test_what_cannot_be_put_together():
    model = network("resnet20")
    with pytest.raises(RequestError, match="two or more models"):
        side_by_side([model])
    with pytest.raises(RequestError, match="only one of the two knows fly, wa"):
        side_by_side([model, network("resnet20", ("ant", "bee", "wasp"))])
    with pytest.raises(RequestError, match="does not name its classes"):
        side_by_side([model, zoo.create_model("resnet20", classes=3)])
    several = network("resnet20")
    zoo.set_thresholds(several, (0.5,) * 3)
    with pytest.raises(RequestError, match="tells several of a picture"):
        side_by_side([model, several])


@pytest.mark.parametrize("shift", [(), (0.5, -0.25, 0.0)])
def test_a_calibrated_member_says_what_it_says_alone(shift):
    models = [network("resnet20"), network("resnet20")]
    scale = (0.25, 2.0, 1.0) if shift else (0.25,)
    zoo.set_logit_scaling(models[1], LogitScaling(scale, shift))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3))
    wanted = sum(probabilities(model(pixels)) for model in models) / 2
    found = probabilities(side_by_side(models)(pixels))
    np.testing.assert_allclose(found, wanted, atol=1e-6)
