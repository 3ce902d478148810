"""Saying what is on single pictures."""

import numpy as np
import pytest

import zoo
from pipelines.data.framing import whole_picture
from pipelines.evaluation.prediction import predict
from pipelines.evaluation.views import views_of
from pipelines.tasks.classification import Guess
from pipelines.tasks.softmax import softmax
from zoo.errors import DataError
from zoo.errors import IntegrityError
from zoo.errors import RequestError

NAMES = ("red", "yellow", "blue", "green")


@pytest.fixture(scope="module")
def model(tiny):
    return tiny(NAMES)


@pytest.fixture
def picture(tmp_path, encode, noise):
    path = tmp_path / "ein Bild.jpg"
    path.write_bytes(encode(noise(30, 41), "JPEG"))
    return path


def test_the_likeliest_come_first(model, picture):
    guesses = predict(model, picture)
    pixels = whole_picture(picture.read_bytes(), zoo.preprocessing(model))
    logits = np.asarray(model(pixels[np.newaxis], training=False))
    (expected,) = softmax(logits)
    order = np.argsort(-expected)
    assert [guess.name for guess in guesses] == [NAMES[i] for i in order]
    found = [guess.probability for guess in guesses]
    np.testing.assert_allclose(found, expected[order], atol=1e-6)
    assert sum(found) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("tta", ["flip", "tencrop", "multiscale"])
def test_views_are_averaged(model, picture, tta):
    views = views_of(picture.read_bytes(), zoo.preprocessing(model), tta)
    expected = softmax(np.asarray(model(views))).mean(0)
    found = {g.name: g.probability for g in predict(model, picture, tta=tta)}
    np.testing.assert_allclose(
        [found[name] for name in NAMES], expected, rtol=1e-6
    )
    alone = {g.name: g.probability for g in predict(model, picture)}
    assert found != alone


def test_no_views_are_the_picture_to_the_bit(model, picture):
    assert predict(model, picture, tta="none") == predict(model, picture)


def test_views_that_are_not_known(model, picture):
    with pytest.raises(RequestError, match="`tta=eleven` is not known"):
        predict(model, picture, tta="eleven")


def test_the_names_are_those_of_the_logits(model, picture):
    head = model.get_layer("head_logits")
    before = head.get_weights()
    head.set_weights([before[0] * 0, np.log([1.0, 4, 2, 1])])
    guesses = predict(model, str(picture), top=2)
    head.set_weights(before)
    assert guesses == [
        Guess("yellow", pytest.approx(0.5)),
        Guess("blue", pytest.approx(0.25)),
    ]


@pytest.mark.parametrize("tta", ["none", "flip"])
def test_a_broken_model_says_nothing(tiny, picture, tta):
    model = tiny(NAMES)
    head = model.get_layer("head_logits")
    kernel, bias = head.get_weights()
    head.set_weights([kernel, bias * np.nan])
    with pytest.raises(IntegrityError, match=r"model 'tiny' answers .* NaN"):
        predict(model, picture, tta=tta)


def test_without_names_classes_have_numbers(picture):
    model = zoo.create_model("resnet20", classes=3, input_shape=(16, 16, 3))
    guesses = predict(model, picture, top=9)
    assert sorted(guess.name for guess in guesses) == ["0", "1", "2"]


def test_names_in_another_language(tiny, model, picture):
    ours = tiny(("goldfish", "tench"))
    english = predict(ours, picture)
    words = {"goldfish": "金鱼", "tench": "丁鲷"}
    assert predict(ours, picture, language="zh") == [
        Guess(words[guess.name], guess.probability) for guess in english
    ]
    with pytest.raises(RequestError, match="This one knows '"):
        predict(model, picture, language="zh")


def test_there_is_no_picture(model, tmp_path):
    for path in (tmp_path / "nowhere.jpg", tmp_path):
        with pytest.raises(
            RequestError, match="There is no picture "
        ) as caught:
            predict(model, path)
        assert caught.value.exit_code == 2


def test_it_cannot_be_decoded(model, tmp_path, picture):
    text, half = tmp_path / "text.jpg", tmp_path / "half.jpg"
    text.write_text("no picture at all")
    half.write_bytes(picture.read_bytes()[:500])
    for path, problem in ((text, "is no picture"), (half, "is a truncated")):
        with pytest.raises(
            DataError, match=f"{path.name}: {problem}"
        ) as caught:
            predict(model, path)
        assert caught.value.exit_code == 3
