"""Answers for many pictures: lines, tables, pages and copies."""

import csv
import json
import os

import pytest

import zoo
from pipelines.evaluation.answer_lines import LINES
from pipelines.evaluation.answering import Asking
from pipelines.evaluation.answering import answer
from pipelines.evaluation.answers_page import write_answers
from pipelines.evaluation.prediction import predict
from pipelines.evaluation.sorting import check_sorting
from pipelines.evaluation.sorting import copy_into
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
        assert (found.best == "not sure") is not sure
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


def test_copies_lose_nothing(tmp_path, picture):
    folder = tmp_path / "sorted"
    first = copy_into(picture, folder, "either/or")
    assert first == folder / "either_or" / "a, b.jpg"
    assert copy_into(picture, folder, "either/or") == first
    other = tmp_path / "more" / "a, b.jpg"
    other.parent.mkdir()
    other.write_bytes(b"another")
    second = copy_into(str(other), folder, "either/or")
    assert second.name == "a, b-2.jpg" and second.read_bytes() == b"another"
    assert copy_into(str(other), folder, "either/or") == second
    with open(picture, "rb") as file:
        assert file.read() == first.read_bytes()
    assert sorted(os.listdir(first.parent)) == ["a, b-2.jpg", "a, b.jpg"]


def test_copies_lie_beside_what_is_sorted(tmp_path):
    (tmp_path / "new").mkdir()
    with pytest.raises(RequestError, match="they would be found twice"):
        check_sorting(str(tmp_path / "new" / "sorted"), [str(tmp_path / "new")])
    check_sorting(str(tmp_path / "sorted"), [str(tmp_path / "new")])
    check_sorting(str(tmp_path), [str(tmp_path / "new")])


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
