"""Runs side by side: a test of pairs, and a page that claims no more."""

import csv
import itertools
import json
import math
import random
import re
from xml.etree import ElementTree

import pytest

from pipelines.evaluation import comparison_files
from pipelines.evaluation.comparing import compare
from pipelines.evaluation.comparison_files import as_text
from pipelines.evaluation.comparison_files import write_comparison
from pipelines.evaluation.judged_runs import read_judged
from pipelines.evaluation.paired_test import holm
from pipelines.evaluation.paired_test import mcnemar
from zoo.errors import DataError
from zoo.errors import RequestError


def write_predictions(folder, rows):
    path = folder / "predictions.csv"
    with open(path, "w", newline="", errors="surrogateescape") as file:
        csv.writer(file).writerows(rows)


def write(folder, right, *, pictures=None, history=(), label="ant", **config):
    """Writes the folder of a run that tells some of its pictures right."""
    folder.mkdir(parents=True)
    rows = [["picture", "label", "predicted", "probability", "sha256"]]
    for i, good in zip(pictures or range(len(right)), right, strict=True):
        told = label if good else "bee"
        rows.append([f"{folder}/{i}.jpg", label, told, "0.5", f"{i:064x}"])
    write_predictions(folder, rows)
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
    (tmp_path / "wasp" / "config.json").unlink()
    with pytest.raises(RequestError, match=r"wasp holds no config\.json"):
        read_judged([three[0], other])
    odd = write(tmp_path / "odd", [1] * 40, task="cooking")
    with pytest.raises(DataError, match="`task=cooking` of a config"):
        compare(read_judged([three[0], odd]))


def test_several_runs_are_compared_one_by_one(tmp_path, three):
    for seed in range(7):
        write(tmp_path / "seeds" / f"seed-{seed}", [1])
    for name in ("config", "metrics"):
        (tmp_path / "seeds" / f"{name}.json").write_text("{}")
    with pytest.raises(RequestError, match="several runs") as caught:
        read_judged([three[0], str(tmp_path / "seeds")])
    said = str(caught.value)
    assert "evaluate" not in said and said.endswith("seed-4 …")
    assert f"{tmp_path}/seeds/seed-0 {tmp_path}/seeds/seed-1 " in said


def test_classes_that_are_called_like_columns(tmp_path):
    """Of a model of several classes each has a column, too."""
    classes = ["picture", "label", "predicted", "sha256"]
    first, second = tmp_path / "a", tmp_path / "b"
    told = ['["label"]', '["label", "sha256"]']
    for folder, right, hashed in ((first, 1, True), (second, 0, True)):
        write(folder, [1, 1], task="multilabel")
        rows = [["picture", "label", "predicted", *classes]]
        for i in range(2):
            row = [f"{i}.jpg", told[0], told[(i + right) % 2], *"0101"]
            rows.append(row + [f"{i:064x}"] * hashed)
        rows[0] += ["sha256"] * hashed
        write_predictions(folder, rows)
    found = compare(read_judged([str(first), str(second)]))
    assert found.pictures == 2
    assert {row.run: row.right for row in found.standings} == {"a": 1, "b": 1}
    # Without hashes the last class is none: pictures are known by name.
    for folder in (first, second):
        with open(folder / "predictions.csv", newline="") as file:
            rows = [row[:-1] for row in csv.reader(file)]
        write_predictions(folder, rows)
    (run, _) = read_judged([str(first), str(second)])
    assert set(run.labels) == {("0.jpg", 0), ("1.jpg", 0)}


def test_folders_that_links_lead_to(tmp_path, monkeypatch):
    """What is written alike may be two folders, once links are followed."""
    write(tmp_path / "there" / "b", [1])
    write(tmp_path / "b", [0])
    (tmp_path / "there" / "deep").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "deep")
    monkeypatch.chdir(tmp_path)
    runs = read_judged(["link/../b", "b"])
    assert {run.folder: run.name for run in runs} == {
        "b": f"{tmp_path.name}/b",
        "link/../b": "there/b",
    }


@pytest.mark.parametrize("name", ["a$b$c", "x$", "_hidden", "\udcff", "\x1b"])
def test_runs_of_any_name(tmp_path, name):
    history = [{"val_top1": 0.5}, {"val_top1": 1.0}]
    runs = [
        write(tmp_path / each, [1, 0], history=history)
        for each in (name, "setting")
    ]
    for run in runs:
        # Not the folder's own name, which need not be text in JSON.
        (tmp_path / run / "config.json").write_text('{"data": "photos"}')
    page = write_comparison(compare(read_judged(runs)), tmp_path / "out")
    text = page.read_text()
    for chart in re.findall(r"<svg.*?</svg>", text, re.S):
        ElementTree.fromstring(chart.replace("xlink:href", "href"))
        assert {
            "_hidden": "\u200b_hidden",
            "\udcff": r"\udcff",
            "\x1b": r"\x1b",
        }.get(name, name) in chart
    with open(
        tmp_path / "out" / "settings.csv", newline="", errors="surrogateescape"
    ) as file:
        header = next(csv.reader(file))
    assert set(header) == {"setting", name, "setting-2"}


def test_what_cannot_be_drawn_leaves_no_folder(three, tmp_path, monkeypatch):
    def broken(found):
        raise ValueError("no chart")

    monkeypatch.setattr(comparison_files, "intervals", broken)
    with pytest.raises(ValueError, match="no chart"):
        write_comparison(compare(read_judged(three)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


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
