"""Answers for many pictures: lines, tables, pages and copies."""

import csv
import io
import json
import os

import pytest

import zoo
from pipelines.evaluation.answer_lines import LINES
from pipelines.evaluation.answering import Asking
from pipelines.evaluation.answering import answer
from pipelines.evaluation.answers_page import write_answers
from pipelines.evaluation.prediction import predict
from zoo.errors import RequestError

NAMES = ("red", "yellow", "blue", "green", "white", "black")


@pytest.fixture(scope="module")
def model(tiny):
    return tiny(NAMES)


@pytest.fixture(scope="module")
def several(tiny):
    model = tiny(NAMES)
    zoo.set_thresholds(model, (0.0, 0.0, 1.0, 1.0, 1.0, 1.0))
    return model


@pytest.fixture
def picture(tmp_path, encode, noise):
    path = tmp_path / "a, b.jpg"
    path.write_bytes(encode(noise(30, 41), "JPEG"))
    return str(path)


def table(model, picture, asking, *, all_classes=False):
    writer = LINES["csv"](model, asking, all_classes=all_classes)
    found = answer(model, picture, asking)
    (row,) = csv.DictReader([*writer.first, *writer.lines(found)])
    return row


def test_a_table_says_what_predict_says(model, picture):
    guesses = predict(model, picture, 6)
    row = table(model, picture, Asking(every=True), all_classes=True)
    assert list(row) == ["picture", "predicted", "probability", *NAMES]
    assert row["picture"] == picture and row["predicted"] == guesses[0].name
    for guess in guesses:
        assert float(row[guess.name]) == pytest.approx(
            guess.probability, abs=5e-7
        )
    row = table(model, picture, Asking(top=2))
    assert list(row)[2:] == ["probability", "predicted_2", "probability_2"]
    assert row["predicted_2"] == guesses[1].name


def test_a_threshold_is_where_the_model_is_sure(model, picture):
    best = predict(model, picture, 1)[0].probability
    for threshold, sure in ((best, True), (best + 1e-6, False)):
        asking = Asking(threshold=threshold)
        found = answer(model, picture, asking)
        assert found.sure is sure
        assert (found.verdict == "not sure") is not sure
        assert (found.best is None) is not sure
        assert table(model, picture, asking)["sure"] == str(sure).lower()
        line = found.as_json(threshold=threshold)
        assert line["sure"] is sure and len(line["predictions"]) == 5
        text = LINES["text"](None, asking, all_classes=False).lines(found)
        assert (text[1] == f"  not sure: below {threshold:.2%}") is not sure
    assert "sure" not in answer(model, picture, Asking()).as_json()


def test_any_number_of_classes(several, picture):
    row = table(several, picture, Asking(every=True), all_classes=True)
    assert list(row) == ["picture", "predicted", *NAMES]
    assert json.loads(row["predicted"]) == ["red", "yellow"]
    with pytest.raises(RequestError, match="`threshold` is for models that"):
        answer(several, picture, Asking(threshold=0.5))


def test_what_is_asked_for_and_not_likely_is_not_said(several, picture):
    asking = Asking(top=6)
    found = answer(several, picture, asking)
    assert len(found.answers) == 6 and len(found.said) == 2
    assert found.best == found.verdict == found.said[0].name
    row = table(several, picture, asking)
    assert json.loads(row["predicted"]) == ["red", "yellow"]
    text = LINES["text"](None, asking, all_classes=False).lines(found)
    assert sum("(no: below 100.00%)" in line for line in text) == 4


def test_none_of_the_classes(tiny, picture, tmp_path):
    model = tiny(NAMES)
    zoo.set_thresholds(model, (1.0,) * 6)
    found = [answer(model, picture, Asking(top)) for top in (None, 2)]
    for each in found:
        assert each.best is None and each.verdict == "none of its classes"
        assert table(model, picture, Asking(2))["predicted"] == "[]"
    page = tmp_path / "page.html"
    write_answers(page, found, model="m")
    text = page.read_text()
    # In the table of counts, and of each picture.
    assert text.count("none of its classes") == 3
    assert text.count(" (no)") == 2 and "not sure" not in text


def test_names_that_a_table_has_to_tell_apart(tiny, picture, tmp_path):
    names = ("predicted", "probability", "a\nb", "sure", "picture", "x")
    model = tiny(names)
    broken = tmp_path / "two\nlines.jpg"
    os.rename(picture, broken)
    asking = Asking(threshold=0.0, every=True)
    writer = LINES["csv"](model, asking, all_classes=True)
    found = answer(model, str(broken), asking)
    text = "".join(
        f"{line}\n" for line in (*writer.first, *writer.lines(found))
    )
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert header == [
        *("picture", "predicted", "probability", "sure", "predicted-2"),
        *("probability-2", "a\nb", "sure-2", "picture-2", "x"),
    ]
    likely = {each.name: f"{each.probability:.6f}" for each in found.every}
    assert row[0] == str(broken) and row[1] == found.best
    assert row[4:] == [likely[name] for name in names]


def test_the_page(model, several, picture, tmp_path):
    sure = answer(model, picture, Asking())
    unsure = answer(model, picture, Asking(threshold=1.0))
    page = tmp_path / "page.html"
    write_answers(page, [sure, unsure], model="runs/<first>")
    text = page.read_text()
    best = sure.said[0]
    assert "What is on 2 pictures" in text and "runs/&lt;first&gt;" in text
    assert f"<b>{best.name}</b>" in text and f"{best.probability:.1%}" in text
    assert text.count("not sure") == 2
    assert text.count("data:image/jpeg;base64,") == 2


def test_pictures_that_are_gone_are_left_out(model, picture, tmp_path):
    found = answer(model, picture, Asking())
    os.remove(picture)
    write_answers(tmp_path / "page.html", [found], model="m")
    assert "cannot be shown" in (tmp_path / "page.html").read_text()
