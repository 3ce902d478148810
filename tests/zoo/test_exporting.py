"""A SavedModel takes bytes and answers as the model does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import RequestError


def test_it_takes_uint8_and_answers_alike(tiny, pictures, tmp_path):
    model = tiny("resnet_cifar")
    zoo.export(model, tmp_path / "net")
    served = tf.saved_model.load(str(tmp_path / "net"))
    taken = served.signatures["serving_default"].structured_input_signature
    (spec,) = taken[1].values()
    assert spec.dtype == tf.uint8 and spec.shape[1:] == (32, 32, 3)
    images = pictures(32, 3)
    np.testing.assert_allclose(served.serve(images), model(images), atol=1e-5)


def test_several_inputs_are_refused(tmp_path):
    a, b = keras.Input((2,)), keras.Input((2,))
    model = keras.Model([a, b], keras.layers.Add()([a, b]))
    with pytest.raises(RequestError, match="has 2 inputs"):
        zoo.export(model, tmp_path / "net")
