"""Groups of pictures: fairlearn's figures, and tables that people write."""

import json
import pathlib

import numpy as np
import pytest

from pipelines.evaluation.trust.group_section import group_section
from pipelines.evaluation.trust.group_table import NOT_LISTED
from pipelines.evaluation.trust.group_table import PictureGroups
from pipelines.evaluation.trust.group_table import read_groups
from pipelines.evaluation.trust.groups import by_group
from pipelines.evaluation.trust.groups import largest_gap
from pipelines.tasks.answers import Answers
from pipelines.tasks.task import Judged
from zoo.errors import DataError
from zoo.errors import RequestError

TRUTH = pathlib.Path(__file__).parents[3] / "parity" / "groups.json"
NAMES = ("ant", "bee", "cat")


@pytest.fixture(scope="module")
def truth():
    return json.loads(TRUTH.read_text())


def test_figures_are_those_of_fairlearn(truth):
    labels = np.array(truth["labels"])
    logits = 3.0 * np.eye(3)[truth["answers"]]
    answers = Answers.of(logits, labels)
    found = by_group("light", np.array(truth["groups"]), answers, NAMES)
    assert len(found) == len(truth["by_group"]) == 3
    for each in found:
        theirs = truth["by_group"][each.group]
        assert each.pictures == theirs["pictures"]
        assert each.top1 == pytest.approx(theirs["top1"], abs=1e-6)
        assert each.worst_recall == pytest.approx(
            theirs["worst_recall"], abs=1e-6
        )
        assert each.low < each.top1 < each.high
        sure = np.exp(3) / (np.exp(3) + 2)
        assert each.overconfidence == pytest.approx(sure - each.top1)
        assert each.calibration_error == pytest.approx(abs(sure - each.top1))
        # The normal interval of a share, for the confidence never moves.
        half = 1.959964 * np.sqrt(
            each.top1 * (1 - each.top1) / (each.pictures - 1)
        )
        assert each.overconfidence_high - each.overconfidence == pytest.approx(
            half
        )
    assert largest_gap(found) == pytest.approx(truth["gap"], abs=1e-6)


def examples_at(held, paths):
    import dataclasses

    made = held([b""] * len(paths), [0] * len(paths), NAMES)
    return dataclasses.replace(made, names=tuple(map(str, paths)))


@pytest.fixture
def pictures(held, tmp_path):
    paths = []
    for name in ("val/cat/1.jpg", "val/dog/1.jpg", "val/dog/Größe 2.JPG"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        paths.append(path)
    return examples_at(held, paths)


def written(tmp_path, *rows, head="picture,light"):
    table = tmp_path / "table.csv"
    table.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return str(table)


@pytest.mark.parametrize(
    "rows",
    [
        ("photos/val/cat/1.jpg,day", "photos/val/dog/1.jpg,night"),
        ("cat/1.jpg, day ", "DOG/1.JPG,night"),
        ("cat\\1.jpg,day", "./dog/1.jpg,night"),
        ("val/cat/1,day", "val/dog/1,night"),
    ],
)
def test_pictures_are_found_however_they_are_written(pictures, tmp_path, rows):
    table = written(tmp_path, *rows, "gro\u0308ße 2.jpg,Day")
    found = read_groups(table, pictures)
    # As it is written the first time.
    assert found.columns["light"].tolist() == ["day", "night", "day"]
    assert found.unlisted == 0


def test_pictures_that_are_not_listed_are_a_group_of_their_own(
    pictures, tmp_path
):
    table = written(tmp_path, "cat/1.jpg;day", head="picture;light")
    found = read_groups(table, pictures)
    assert found.columns["light"].tolist() == ["day", NOT_LISTED, NOT_LISTED]
    assert found.unlisted == 2


def test_pictures_that_there_are_not_are_named(pictures, tmp_path):
    rows = ("cat/1.jpg,day", "cat/9.jpg,day")
    with pytest.raises(DataError, match=r"names 1 pictures .* cat/9.jpg"):
        read_groups(written(tmp_path, *rows), pictures)
    # One that a run has learned from, and one that is there.
    assert read_groups(written(tmp_path, *rows), pictures, ["/x/cat/9.jpg"])
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "9.jpg").touch()
    assert read_groups(written(tmp_path, *rows), pictures)


@pytest.mark.parametrize(
    ("rows", "head", "words"),
    [
        (("1.jpg,day",), "picture,light", "2 pictures .* are called 1.jpg"),
        (("cat/1.jpg,day", "cat/1.jpg,night"), "picture,light", "twice"),
        (("cat/1.jpg,day",), "picture,label", "expected a column `picture`"),
        (("day,1",), "light,count", "expected a column `picture`"),
        (("cat/1.jpg",), "picture,light", "row 2: 1 cells"),
        ((), "picture,light", "only a header"),
    ],
)
def test_tables_that_say_nothing_are_refused(
    pictures, tmp_path, rows, head, words
):
    with pytest.raises(DataError, match=words):
        read_groups(written(tmp_path, *rows, head=head), pictures)


def test_a_table_of_nothing_that_is_judged(pictures, tmp_path):
    (tmp_path / "other.jpg").touch()
    with pytest.raises(DataError, match="none of the 3 pictures"):
        read_groups(written(tmp_path, "other.jpg,day"), pictures)
    with pytest.raises(RequestError, match="There is no table"):
        read_groups(str(tmp_path / "none.csv"), pictures)


def test_serial_numbers_are_no_groups(held, tmp_path):
    paths = [tmp_path / f"{i}.jpg" for i in range(60)]
    examples = examples_at(held, paths)
    rows = [f"{i}.jpg,{i},{i % 2}" for i in range(60)]
    table = written(tmp_path, *rows, head="picture,number,side")
    found = read_groups(table, examples)
    assert [*found.columns] == ["side"] and found.left_out == ("number",)
    table = written(tmp_path, *rows, head="picture,number,size")
    with pytest.raises(DataError, match="number has more than 50 values"):
        read_groups(table, examples)


def test_a_section_says_nothing_of_too_few(held):
    examples = held([b""] * 100, [0, 1] * 50, NAMES)
    logits = np.eye(3)[[0, 1] * 50]
    logits[80:] = [0, 0, 1.0]
    groups = np.repeat(["day", "dusk", "night"], [40, 40, 20])
    section = group_section(
        PictureGroups({"light": groups}, 3), Judged(examples, logits, {})
    )
    rows = {row[0]: row[1:] for row in section.table}
    assert rows["light: night"] == ("20", "too few to say", *["–"] * 5)
    assert rows["light: day"][:2] == ("40", "100.0%")
    assert section.metrics["group_gaps"] == {"light": 0.0}
    assert section.metrics["groups"]["light"]["night"]["top1"] is None
    assert "3 of the 100 pictures are not listed" in section.notes[2]
