"""Places and prizes: whatever came in first, by the rules alone."""

import itertools
import json

import numpy as np
import pytest

from pipelines.challenge.board import as_json
from pipelines.challenge.prizes import stand
from pipelines.challenge.rules import rules_of
from pipelines.challenge.scoring import Answered
from pipelines.challenge.scoring import Count
from pipelines.challenge.standings import Judgement
from pipelines.challenge.state import Entry

PICTURES = 400
RULES = rules_of(
    {
        "tasks": {
            "one": {"data": "x"},
            "two": {"data": "x", "weight": 3},
        },
        "prizes": {"top5": 4, "best_model": 2, "overall": 1},
    },
    "rules",
)


def judged(team, task, wrong, *, classes=10, family="resnet", **more):
    """An entry that is wrong on the first pictures of each class."""
    labels = np.arange(PICTURES) % classes
    values = np.zeros((PICTURES, classes))
    values[np.arange(PICTURES), labels] = 1.0
    order = np.argsort(np.arange(PICTURES) // classes, kind="stable")
    missed = order[:wrong]
    values[missed, labels[missed]] = -1.0 if more.get("far") else 0.5
    values[missed, (labels[missed] + 1) % classes] = 2.0
    entry = Entry(
        more.get("number", 1),
        *(team, task, family),
        more.get("variant", "resnet20"),
        more.get("kind", "model"),
        *("file", f"{wrong:064x}", "2026-01-01", more.get("final", True)),
    )
    answered = Answered.of(values, labels)
    score = answered.score(labels, classes, train=more.get("train"))
    names = tuple(f"c{i:02}" for i in range(classes))
    return Judgement(entry, score, answered, names)


def places(standings):
    return [
        (place.place, place.judgement.entry.team) for place in standings.places
    ]


def test_the_order_of_entries_changes_nothing():
    entries = [
        judged("ant", "one", 10),
        judged("bee", "one", 10, family="alexnet"),
        judged("cat", "one", 30),
        judged("ant", "two", 20),
        judged("bee", "two", 5),
    ]
    boards = {
        json.dumps(as_json(stand(order, RULES)))
        for order in itertools.permutations(entries)
    }
    assert len(boards) == 1
    board = stand(entries, RULES)
    one, two = board.tasks
    # As many errors are one place, and the next one is not given.
    assert places(one) == [(1, "bee"), (1, "ant"), (3, "cat")] or places(
        one
    ) == [(1, "ant"), (1, "bee"), (3, "cat")]
    assert places(two) == [(1, "bee"), (2, "ant")]
    ranks = {row.team: row for row in board.teams}
    assert ranks["ant"].mean == pytest.approx((1 * 1 + 3 * 2) / 4)
    assert ranks["bee"].mean == 1 and ranks["cat"].mean == 3
    assert [row.place for row in board.teams] == [1, 2, 3]


def test_prizes_are_shared_by_those_in_one_place():
    board = stand([judged("ant", "one", 10), judged("bee", "one", 10)], RULES)
    won = [(each.name, each.team, each.points) for each in board.prizes]
    assert won == [
        ("top5", "ant", 2),
        ("top5", "bee", 2),
        ("best_model", "ant", 1),
        ("best_model", "bee", 1),
        ("overall", "ant", 0.5),
        ("overall", "bee", 0.5),
    ]
    assert board.points() == [("ant", 3.5), ("bee", 3.5)]


def test_what_is_no_single_model_or_breaks_a_rule_is_not_the_best():
    entries = [
        judged("tables", "one", 1, kind="table", variant="", family="open"),
        judged("many", "one", 2, variant="", family="open"),
        # 40 % of each class are wrong.
        judged("bad", "two", 160),
        judged("good", "one", 8),
    ]
    board = stand(entries, RULES)
    best = [each for each in board.prizes if each.name == "best_model"]
    assert [(each.task, each.team) for each in best] == [("one", "good")]
    lowest = [each for each in board.prizes if each.name == "top5"]
    # All have the class among the five best.
    assert {each.team for each in lowest if each.task == "one"} == {
        "tables",
        "many",
        "good",
    }


@pytest.mark.parametrize(
    ("wrong", "broken"),
    # Of 40 pictures: 15 % may be chance, 25 % is not.
    [(60, False), (100, True)],
)
def test_a_class_is_too_bad_only_where_the_interval_says_so(wrong, broken):
    judgement = judged("ant", "one", wrong)
    share = wrong / PICTURES
    assert all(each.share == share for each in judgement.score.by_class)
    assert share > RULES.class_error
    assert bool(judgement.broken(RULES)) is broken


def test_over_fitting_is_beyond_chance_and_beyond_the_rule():
    def broken(learned):
        judgement = judged("ant", "one", 100, train=Count(learned, 400))
        return [each for each in judgement.broken(RULES) if "over" in each]

    # 25 % against 4.5 %: more than 20 points, but it may be chance.
    assert not broken(18)
    strict = rules_of({**RULES.as_json(), "gap": 0.1}, "strict")
    judgement = judged("ant", "one", 100, train=Count(18, 400))
    (said,) = [each for each in judgement.broken(strict) if "over" in each]
    assert said.startswith("over-fitted: 20.5% more errors")


@pytest.mark.parametrize(
    ("classes", "far", "by"),
    [(10, False, "top1"), (10, True, "top5"), (50, False, "top5")],
)
def test_what_decides(classes, far, by):
    """Top-5, unless there are few classes and nearly all are among five."""
    entry = judged("ant", "one", 100, classes=classes, far=far)
    assert (entry.score.top5.share <= 0.05) is not far
    (one, _) = stand([entry], RULES).tasks
    assert one.by == by


def test_chance_does_not_set_apart():
    entries = [judged(f"t{wrong}", "one", wrong) for wrong in (10, 12, 40)]
    (one, _) = stand(entries, RULES).tasks
    assert [place.is_apart for place in one.places] == [False, False, True]


def test_only_final_entries_count():
    entries = [
        judged("ant", "one", 10, final=False),
        judged("ant", "one", 30),
    ]
    (one, two) = stand(entries, RULES).tasks
    assert [each.judgement.score.top1.wrong for each in one.places] == [30]
    assert two.places == []
