"""Runs side by side: a test of pairs, and a page that claims no more."""

import csv
import itertools
import json
import math
import random

import pytest

from pipelines.evaluation.comparing import compare
from pipelines.evaluation.comparison_files import as_text
from pipelines.evaluation.comparison_files import write_comparison
from pipelines.evaluation.judged_runs import read_judged
from pipelines.evaluation.paired_test import holm
from pipelines.evaluation.paired_test import mcnemar
from zoo.errors import DataError
from zoo.errors import RequestError


def write(folder, right, *, pictures=None, history=(), label="ant", **config):
    """Writes the folder of a run that tells some of its pictures right."""
    folder.mkdir(parents=True)
    rows = [["picture", "label", "predicted", "probability", "sha256"]]
    for i, good in zip(pictures or range(len(right)), right, strict=True):
        told = label if good else "bee"
        rows.append([f"{folder}/{i}.jpg", label, told, "0.5", f"{i:064x}"])
    with open(folder / "predictions.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    for name, content in (
        ("config", {"data": "photos", "output": str(folder), **config}),
        ("metrics", {"top1": sum(right) / len(right)}),
        ("history", list(history)),
    ):
        (folder / f"{name}.json").write_text(json.dumps(content))
    return str(folder)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (0, 5), (3, 9), (9, 3), (6, 6)])
def test_the_test_is_that_of_a_fair_coin(b, c):
    count = b + c
    tail = sum(math.comb(count, i) for i in range(min(b, c) + 1)) / 2**count
    assert mcnemar(b, c) == pytest.approx(min(1, 2 * tail))


def test_several_tests_are_held_by_holm():
    assert holm([]) == []
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx(
        [0.03, 0.06, 0.06, 0.02]
    )
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.fixture
def three(tmp_path):
    """One run that is better than two, which are alike by chance."""
    history = [
        {"epoch": i, "val_top1": i / 4, "val_loss": 1 / i} for i in (1, 2, 3)
    ]
    good, poor, alike = [1] * 38 + [0] * 2, [1] * 20 + [0] * 20, [1] * 19
    alike = [*alike, 0, 1, *[0] * 19]
    return [
        write(tmp_path / "a" / "x", good, history=history, seed=1, lr=0.5),
        write(tmp_path / "b" / "x", poor, history=history, seed=1, lr=0.1),
        write(tmp_path / "c", alike, seed=2, lr=0.5),
    ]


def test_a_winner_is_better_than_every_other(three):
    found = compare(read_judged(three))
    assert found.pictures == 40 and found.winner == "a/x"
    assert found.best == ["a/x"]
    first, *_, last = found.standings
    assert (first.run, first.right, first.share) == ("a/x", 38, 0.95)
    assert (last.run, last.right) == ("c", 20)
    by_pair = {(t.first, t.second): t for t in found.tests}
    test = by_pair["a/x", "b/x"]
    assert (test.only_first, test.only_second) == (18, 0)
    assert test.p == pytest.approx(2 / 2**18) and test.better == "a/x"
    # The smallest of three counts three times.
    assert test.p_holm == pytest.approx(3 * test.p)
    alike = by_pair["b/x", "c"]
    assert (alike.only_first, alike.only_second) == (1, 1)
    assert alike.p == 1 and alike.better is None
    assert found.settings.keys() == {"seed", "lr"}
    assert found.settings["lr"]["b/x"] == 0.1


def test_no_winner_where_chance_explains_it(three, tmp_path):
    found = compare(read_judged(three[1:]))
    assert found.winner is None and len(found.best) == 2
    assert "do not tell which is the best" in as_text(found)[-1]
    # Better than one, and not than the other: still nobody has won.
    near = write(tmp_path / "near", [1] * 36 + [0] * 4)
    found = compare(read_judged([*three, near]))
    assert found.winner is None and found.best == ["a/x", "near"]


def test_the_same_whatever_the_order(three):
    texts = {
        json.dumps(compare(read_judged(order)).as_json())
        for order in itertools.permutations(three)
    }
    assert len(texts) == 1


def test_only_pictures_that_all_have_judged(tmp_path):
    first = write(tmp_path / "a", [1, 0, 1, 1], pictures=[1, 2, 3, 4])
    second = write(tmp_path / "b", [0, 0, 1], pictures=[4, 3, 9])
    found = compare(read_judged([first, second]))
    assert found.pictures == 2
    assert [row.right for row in found.standings] == [2, 0]
    other = write(tmp_path / "c", [1], pictures=[7])
    with pytest.raises(DataError, match=r"no picture in common \(a: 4, c: 1\)"):
        compare(read_judged([first, other]))


def test_pictures_that_are_there_twice(tmp_path):
    first = write(tmp_path / "a", [1, 0, 1], pictures=[5, 5, 6])
    second = write(tmp_path / "b", [1, 1, 1], pictures=[5, 6, 5])
    found = compare(read_judged([first, second]))
    assert found.pictures == 3
    assert [row.right for row in found.standings] == [3, 2]


def test_what_cannot_be_compared(tmp_path, three):
    with pytest.raises(RequestError, match="a folder twice"):
        read_judged([three[0], f"{three[0]}/."])
    with pytest.raises(RequestError, match="two or more folders"):
        read_judged(three[:1])
    (tmp_path / "none").mkdir()
    with pytest.raises(RequestError, match=r"none holds no metrics\.json"):
        read_judged([three[0], str(tmp_path / "none")])
    other = write(tmp_path / "wasp", [1] * 40, label="wasp")
    with pytest.raises(DataError, match="what 40 of the 40 pictures show"):
        compare(read_judged([three[0], other]))
    knows = write(tmp_path / "knows", [1] * 40, seen=7)
    with pytest.raises(DataError, match="judged by 7 pictures that its model"):
        compare(read_judged([three[0], knows]))
    kind = write(tmp_path / "kind", [1] * 40, task="multilabel")
    with pytest.raises(RequestError, match="learned different tasks"):
        compare(read_judged([three[0], kind]))
    (tmp_path / "kind" / "predictions.csv").unlink()
    with pytest.raises(RequestError, match=r"evaluate --model=.*kind --data="):
        read_judged([three[0], kind])
    (tmp_path / "wasp" / "predictions.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="no rows with picture, label"):
        read_judged([three[0], other])
    (tmp_path / "wasp" / "config.json").write_text("{")
    with pytest.raises(DataError, match=r"config\.json is no JSON"):
        read_judged([three[0], other])


def test_the_page_and_its_data(three, tmp_path):
    order = three[:]
    random.Random(1).shuffle(order)
    found = compare(read_judged(order))
    page = write_comparison(found, tmp_path / "out").read_text()
    text = " ".join(page.split())
    for words in (
        "a/x is better than every other by more than chance.",
        "95.00%",
        "on 40 pictures that all of them have judged",
        "top-1 of each run over epochs",
        "<code>0.1</code>",
        "7.63e-06",
    ):
        assert words in text, words
    assert "top-5" not in text and "<script" not in page
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "comparison.html",
        "comparison.json",
        "runs.csv",
        "pairs.csv",
        "settings.csv",
    }
    data = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert data == found.as_json() and data["winner"] == "a/x"
    with open(tmp_path / "out" / "pairs.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["p"]) for row in rows] == [t.p for t in found.tests]
    with open(tmp_path / "out" / "runs.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == [r.run for r in found.standings]
    lines = as_text(found)
    assert lines[0] == "40 pictures that all have judged"
    assert lines[-2] == "they differ in: lr, seed"
