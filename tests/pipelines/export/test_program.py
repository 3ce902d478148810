"""A program frames, answers, and says what it cannot be made of."""

import keras
import numpy as np
import pytest

import zoo
from pipelines.data.framing import whole_picture
from pipelines.export.program import make_program
from zoo.errors import RequestError


def test_logits_are_those_of_evaluations_view(tiny, encode, smooth):
    model = tiny()
    pixels = smooth(31, 44)
    shown = whole_picture(encode(pixels), zoo.preprocessing(model))
    found = make_program(model).function(pixels[np.newaxis])
    np.testing.assert_allclose(
        found["logits"], model(shown[np.newaxis]), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("several", [False, True])
def test_probabilities(tiny, noise, several):
    model = tiny(("a", "b", "c"))
    if several:
        zoo.set_thresholds(model, (0.5, 0.5, 0.5))
    pixels = noise(16, 16)[np.newaxis]
    logits = make_program(model).function(pixels)["logits"].numpy()
    found = make_program(model, "probabilities").function(pixels)
    each = np.exp(logits)
    expected = each / (1 + each) if several else each / each.sum()
    np.testing.assert_allclose(found["probabilities"], expected, rtol=1e-5)


def test_names_are_numbers_where_nobody_gave_any():
    names = make_program(zoo.create_model("alexnet_cifar")).names
    assert len(names) == 10 and names[3] == "class 3"


def test_what_takes_no_colours_is_refused():
    grey = zoo.create_model("resnet20", input_shape=(32, 32, 1))
    with pytest.raises(RequestError, match=r"takes .*1.* Expected one input"):
        make_program(grey)


def test_what_is_no_square_is_refused():
    model = zoo.create_model("resnet20", input_shape=(32, 48, 3))
    with pytest.raises(RequestError, match="pictures of 32 x 48"):
        make_program(model)


def test_several_inputs_are_refused():
    inputs = [keras.Input((4, 4, 3)), keras.Input((4, 4, 3))]
    model = keras.Model(inputs, keras.layers.Add()(inputs))
    with pytest.raises(RequestError, match="Expected one input"):
        make_program(model)
