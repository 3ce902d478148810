"""Layers of Keras and keras-cv draw from the step."""

import re
import sys

import keras
import keras_cv
import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.keras_layers import layer_stage
from pipelines.batches.keras_layers import words_of
from pipelines.batches.layer_arguments import arguments_of
from pipelines.batches.layer_checks import check_layers
from pipelines.batches.layer_checks import draws_by_itself
from pipelines.batches.layer_words import read
from zoo.errors import RequestError

SEEDED = (
    "keras.RandomPerspective(0.3)",
    "keras.RandomHue(0.2)",
    "keras.RandomErasing(1.0)",
    "keras.RandomRotation(0.2)",
    "keras.RandomFlip",
    "keras_cv.GridMask",
    "keras_cv.RandomHue(0.2)",
    "keras_cv.RandomCutout(0.5, 0.5)",
    "keras_cv.RandomContrast(0.5)",
    "keras_cv.RandomChannelShift(factor=0.3)",
)


def pictures(count=6, size=24):
    noise = np.random.default_rng(0).integers(0, 256, (count, size, size, 3))
    return tf.constant(noise.astype("uint8"))


def stage(words, stream=7):
    return tf.function(
        layer_stage(read(words)[1], tf.constant(stream, tf.int64))
    )


def step(number):
    return tf.constant(number, tf.int64)


@pytest.mark.parametrize("words", SEEDED)
def test_a_step_decides_what_is_drawn(words):
    change = stage(words)
    first, second = (change(step(n), pictures()).numpy() for n in (3, 4))
    assert first.dtype == np.uint8 and (first != second).any()
    # By another stage, out of order: what going on does.
    again = stage(words)
    assert (again(step(4), pictures()).numpy() == second).all()
    assert (again(step(3), pictures()).numpy() == first).all()
    assert (stage(words, 8)(step(3), pictures()).numpy() != first).any()


@pytest.mark.parametrize("words", ["keras_cv.GridMask", "keras.RandomHue(0.2)"])
def test_each_picture_has_draws_of_its_own(words):
    one = pictures(1)
    same = tf.concat([one] * 6, axis=0)
    changed = stage(words)(step(1), same).numpy()
    assert len(np.unique(changed.reshape(6, -1), axis=0)) > 3


def test_layers_follow_one_another():
    invert = "keras.RandomInvert(factor=(1.0, 1.0))"
    there = stage(invert)(step(0), pictures()).numpy()
    assert (there == 255 - pictures().numpy()).all()
    back = stage(f"{invert}+{invert}")(step(0), pictures())
    assert (back.numpy() == pictures().numpy()).all()


def test_what_draws_by_itself_is_known():
    for words in ("keras_cv.AugMix", "keras.AugMix"):
        assert draws_by_itself(read(words)[1])
    for words in ("keras_cv.RandomHue(0.2)", "keras.RandomRotation(0.1)"):
        assert not draws_by_itself(read(words)[1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("keras.RandomPerspectiv", "no layer RandomPerspectiv.*RandomPersp"),
        ("keras.RandomFlip(factor=3)", "cannot be made"),
        ("keras_cv.Grayscale", "as large as they are.*32, 1"),
        ("keras.Dense(3)", "weights to learn"),
        ("keras.Normalization", "weights to learn"),
        ("keras.Rescaling(0.004)", "returns nothing above 1"),
        ("keras.Softmax", "returns nothing above 1"),
        ("keras.RandomInvert(value_range=(0, 1))", r"is for pixels in \(0, 1"),
        ("keras.RandomInvert(value_range=[0, 1.0])", r"Expected `value_range="),
        ("keras.Pipeline([{'value_range': (0, 1)}])", "is for pixels in"),
        ("keras.RandomHue(0.2, (0, 1))", r"is for pixels in \(0, 1\)"),
        ("keras.RandomErasing(1, .2, 0, [-1, 1])", r"is for pixels in \(-1, 1"),
        ("keras_cv.RandAugment((0, 1), 2)", r"is for pixels in \(0, 1\)"),
        ("keras_cv.AutoContrast((0.0, 1.0))", r"is for pixels in \(0.0, 1"),
        ("keras.AutoContrast((0, 255), 3)", "takes 1 arguments .*value_range"),
        ("keras.AutoContrast(3)", "takes 0 arguments without names"),
        ("keras.RandomHue(0.2, factor=1)", "factor is there twice"),
        ("keras.RandomFlip(mode={'class_name': 3})", "cannot be made|neither"),
        ("keras_cv.Resizing(5, 5)", "as large as they are.*5, 5"),
    ],
)
def test_what_is_no_augmentation_is_refused(words, message):
    with pytest.raises(RequestError, match=message):
        check_layers(read(words)[1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("keras_cv.RandAugment((0, 255), 2)", {"augmentations_per_image": 2}),
        ("keras_cv.RandAugment(2)", {"augmentations_per_image": 2}),
        ("keras_cv.RandomContrast((0.2, 0.4))", {"factor": (0.2, 0.4)}),
        ("keras.RandomHue(0.2, (0, 255))", {"factor": 0.2}),
    ],
)
def test_our_range_may_be_said_and_left_out(words, said):
    (layer,) = read(words)[1]
    library = {"keras": keras.layers, "keras_cv": keras_cv.layers}
    found = arguments_of(layer, getattr(library[layer.library], layer.name))
    assert found == {"value_range": (0, 255), **said}


def test_layers_inside_of_a_layer_are_checked_too():
    inner = keras.layers.RandomBrightness(0.2, value_range=(0, 1))
    with pytest.raises(RequestError, match="is for pixels in"):
        check_layers(read(words_of(keras.layers.Pipeline([inner])))[1])
    inner = keras.layers.RandomBrightness(0.2)
    check_layers(read(words_of(keras.layers.Pipeline([inner])))[1])


def test_a_library_that_is_not_here_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_cv.layers", None)
    words = "keras_cv.layers.GridMask needs keras_cv, which is not here"
    with pytest.raises(RequestError, match=re.escape(words)):
        check_layers(read("keras_cv.GridMask")[1])


def test_what_a_pipeline_cannot_trace_is_one_line(monkeypatch):
    """Eagerly it may have worked."""

    def only_eager(self, images, training=False):
        return tf.constant(images.numpy())

    monkeypatch.setattr(keras.layers.RandomFlip, "call", only_eager)
    (layer,) = read("keras.RandomFlip")[1]
    check_layers((layer,))
    words = "keras.layers.RandomFlip does not take pictures alone"
    with pytest.raises(RequestError, match=re.escape(words)):
        draws_by_itself((layer,))


def test_layers_are_written_as_words_that_make_them_again():
    layers = [keras_cv.layers.GridMask((0.2, 0.4)), "crop"]
    layers.append(keras.layers.RandomPerspective(0.1))
    words = words_of(layers)
    name, made = read(words)
    assert name == "crop" and len(made) == 2
    expected = stage(
        "keras_cv.GridMask((0.2, 0.4))+keras.RandomPerspective(0.1)"
    )
    images = expected(step(2), pictures()).numpy()
    assert (stage(words)(step(2), pictures()).numpy() == images).all()


def test_a_layer_of_ones_own_is_refused():
    class Mine(keras.layers.Layer):
        pass

    with pytest.raises(RequestError, match="Mine is no layer of Keras"):
        words_of([Mine()])
