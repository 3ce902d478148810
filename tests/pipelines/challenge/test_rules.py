"""What a challenge asks for, read strictly."""

import datetime
import json

import pytest

from pipelines.challenge.rules import read_rules
from pipelines.challenge.rules import rules_of
from zoo.errors import RequestError

DATA = {"tasks": {"one": {"data": "photos"}}}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([], "is an object"),
        ({}, "`tasks` names each task"),
        ({"tasks": {}}, "`tasks` names each task"),
        ({"tasks": {"One!": {}}}, "a task's name is that of a folder"),
        ({"tasks": {"../one": {"data": "x"}}}, "a task's name is that of"),
        ({"tasks": {"one": {}}}, "tasks.one has no `data`"),
        ({"tasks": {"one": {"dta": "x"}}}, "'dta' is not known. Nearest: data"),
        ({"tasks": {"one": {"data": 3}}}, "`data` is a text. Received: 3"),
        ({"tasks": {"one": {"data": "x", "cross": {}}}}, "cross has no `data`"),
        ({**DATA, "deadlines": "x"}, "Nearest: deadline"),
        ({**DATA, "deadline": "tomorrow"}, "is a time with its zone"),
        ({**DATA, "deadline": "2030-01-01"}, "is a time with its zone"),
        ({**DATA, "entries": 0}, "is a whole number from 1 on"),
        ({**DATA, "entries": True}, "is a whole number from 1 on"),
        ({**DATA, "class_error": 10}, "is a number in 0…1. Received: 10"),
        ({**DATA, "gap": float("nan")}, "is a number in 0…1"),
        ({**DATA, "one_task_only": 1}, "is true or false"),
        ({**DATA, "title": None}, "is null"),
        ({**DATA, "prizes": {"best": 1}}, "there is no prize 'best'"),
        ({**DATA, "prizes": {"top5": -1}}, "is a number 0 or more"),
    ],
)
def test_what_is_no_rule(said, words):
    with pytest.raises(RequestError) as caught:
        rules_of(said, "rules")
    assert words in str(caught.value)


def test_they_are_read_as_they_are_written(tmp_path):
    said = {
        "tasks": {
            "one": {"data": "photos", "held_out": "/more", "weight": 2},
            "places": {"cross": {"data": "coco"}},
        },
        "gap": None,
        "prizes": {"top5": 5},
    }
    (tmp_path / "rules.json").write_text(json.dumps(said))
    rules = read_rules(tmp_path / "rules.json")
    one, places = rules.tasks.values()
    assert (one.data, one.held_out) == (f"{tmp_path}/photos", "/more")
    assert places.data == "tfds:places365_small"
    assert places.cross.data == f"{tmp_path}/coco"
    assert rules.gap is None
    assert rules.prizes == {"top5": 5, "best_model": 0, "overall": 0}
    assert rules_of(rules.as_json(), "again") == rules
    (tmp_path / "rules.json").write_text("{")
    with pytest.raises(RequestError, match="is no JSON file"):
        read_rules(tmp_path / "rules.json")
    with pytest.raises(RequestError, match="There is no file"):
        read_rules(tmp_path / "other.json")


def test_the_deadline_is_a_moment():
    rules = rules_of({**DATA, "deadline": "2030-01-01T01:00:00+01:00"}, "rules")
    moment = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    rules.check_in_time(moment)
    with pytest.raises(RequestError, match="too late: the deadline was 2030"):
        rules.check_in_time(moment + datetime.timedelta(seconds=1))
