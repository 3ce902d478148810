"""Keras may be set to channels first; the zoo's channels stay last."""

import pathlib
import re

import keras
import numpy as np
import pytest

import zoo

_WITH_SIDES = re.compile(
    r"keras\.layers\.(\w*Conv\w*|ZeroPadding2D|\w*Pooling2D|Flatten)\("
)


@pytest.fixture
def channels_first():
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


@pytest.mark.parametrize(
    "family",
    (
        *("alexnet_cifar", "resnet_cifar", "resnet_d", "resnext"),
        *("efficientnet", "efficientnetv2", "mobilenetv3", "vit"),
    ),
)
def test_the_same_network(family, tiny, pictures, request, tmp_path):
    keras.utils.set_random_seed(1)
    usual = tiny(family)
    images = pictures(usual.input_shape[1], 2)
    usual.save(tmp_path / "net.keras")
    request.getfixturevalue("channels_first")
    other = tiny(family)
    assert other.output_shape == usual.output_shape
    other.set_weights(usual.get_weights())
    expected = np.asarray(usual(images))
    assert np.array_equal(other(images), expected)
    loaded = keras.models.load_model(tmp_path / "net.keras")
    assert np.array_equal(loaded(images), expected)


def test_no_layer_leaves_it_open():
    root = pathlib.Path(zoo.__file__).parent
    found = [
        f"{path}: {match[0]}"
        for path in root.rglob("*.py")
        if path.name != "grouped.py"  # In what it says of Keras's.
        for match in _WITH_SIDES.finditer(path.read_text())
    ]
    assert not found
