"""When to believe a model, as people ask for it."""

import csv
import io
import json
import pathlib
import re

import numpy as np
import pytest
from PIL import Image

from apps import calibrate
from apps import evaluate
from apps import predict


@pytest.fixture(scope="module")
def calibrated(too_sure, tmp_path_factory):
    """What the command has said, and its folder."""
    return tmp_path_factory.mktemp("calibrated") / "run", too_sure


@pytest.fixture
def done(command, calibrated):
    output, (run, _) = calibrated
    if not output.exists():
        answer = command(calibrate, run, f"--output={output}")
        assert answer.code == 0, answer
        assert "200 pictures chose: a half of each class of" in answer.out
        told = re.search(r"calibration error (.*)% → (.*)%, loss", answer.out)
        assert float(told[2]) < float(told[1])
        assert "on 200 pictures that chose nothing" in answer.out
    return output


def test_a_calibrated_run_is_a_model_for_every_command(
    done, command, too_sure, tmp_path
):
    data = too_sure[1]
    answer = command(
        evaluate, data, f"--model={done}", f"--output={tmp_path / 'judged'}"
    )
    assert answer.code == 0, answer
    assert "200 pictures that the run held out" in answer.out
    card = (tmp_path / "judged" / "card.md").read_text()
    assert "| calibrated | by a temperature of" in card
    assert str(data.parent) not in card
    card = (done / "card.md").read_text()
    assert "## Before and after calibration" in card
    assert str(data.parent) not in card
    page = (done / "report.html").read_text()
    assert "Before and after calibration" in page


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--data=nowhere/"], 2, "there is no folder nowhere/"),
        (["--judged_part=val"], 2, "is a part of --judged_by"),
        (["--method=platt"], 2, "--method is one of temperature, vector"),
        (["--data={data}", "--part=train"], 3, "were learned from"),
        (["--judged_by={data}"], 3, "among those that choose"),
    ],
)
def test_wrong_words_of_calibrate(
    command, too_sure, tmp_path, words, code, said
):
    run, data = too_sure
    words = [word.format(data=data) for word in words]
    output = tmp_path / "new"
    answer = command(calibrate, run, *words, f"--output={output}")
    assert (answer.code, said in answer.err) == (code, True), answer
    assert "Traceback" not in answer.err and not output.exists()


def test_a_folder_that_is_taken_is_left_alone(command, too_sure):
    run, _ = too_sure
    answer = command(calibrate, run, f"--output={run}")
    assert answer.code == 2 and "already holds a finished run" in answer.err


@pytest.fixture
def others(tmp_path):
    """Pictures of something else: of one colour each."""
    folder = tmp_path / "others" / "any" / "where"
    folder.mkdir(parents=True)
    for i in range(12):
        colour = (20 * i, 255 - 20 * i, 128)
        Image.new("RGB", (20, 20), colour).save(folder / f"{i}.png")
    return folder.parents[1]


def table(path, data):
    """Every second picture by day; those with a 0 at their end by night."""
    rows = [["picture", "light"]]
    for picture in sorted((data / "val").rglob("*.png")):
        light = "night" if picture.stem.endswith("0") else "day"
        rows.append([f"{picture.parent.name}/{picture.name}", light])
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_groups_and_pictures_of_something_else(
    command, too_sure, others, tmp_path
):
    run, data = too_sure
    output = tmp_path / "judged"
    groups = table(tmp_path / "groups.csv", data)
    answer = command(
        evaluate, data, f"--model={run}", f"--groups={groups}",
        f"--ood={others}", f"--output={output}",
    )  # fmt: skip
    assert answer.code == 0, answer
    metrics = json.loads((output / "metrics.json").read_text())
    with open(output / "predictions.csv", newline="") as file:
        rows = [*csv.DictReader(file)]
    for light in ("day", "night"):
        own = [
            row["label"] == row["predicted"]
            for row in rows
            if row["picture"].endswith("0.png") == (light == "night")
        ]
        found = metrics["groups"]["light"][light]
        assert found["pictures"] == len(own)
        assert found["top1"] == pytest.approx(np.mean(own))
    assert set(metrics["ood"]) == {
        *("msp", "max_logit", "energy", "mahalanobis", "nearest")
    }
    with open(output / "ood_scores.csv", newline="") as file:
        scores = [*csv.DictReader(file)]
    assert len(scores) == 412
    known = [float(r["nearest"]) for r in scores if r["known"] == "True"]
    other = [float(r["nearest"]) for r in scores if r["known"] == "False"]
    above = np.mean(np.subtract.outer(known, other) > 0)
    assert metrics["ood"]["nearest"]["auroc"] == pytest.approx(above, abs=1e-6)
    # One colour is easily told from sixteen.
    assert above > 0.9
    card = (output / "card.md").read_text()
    assert "## Group by group" in card and "light: night" in card
    assert "nor were groups of people" not in card
    assert "## Does it notice what it has not learned?" in card


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--groups={tmp}/none.csv"], 2, "--groups="),
        (["--groups={tmp}/groups.csv"], 3, "names 1 pictures that there are"),
        (["--groups={tmp}/label.csv"], 3, "expected a column `picture`"),
        (["--ood={tmp}/none"], 2, "is not there"),
        (["--ood={tmp}/empty"], 3, "holds no pictures"),
        (["--ood={tmp}/broken"], 3, "broken"),
        (["--ood={data}/val"], 3, "among those that are judged"),
    ],
)
def test_wrong_words_of_evaluate(
    command, too_sure, tmp_path, words, code, said
):
    run, data = too_sure
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "groups.csv").write_text("picture,light\nx/1.png,day\n")
    (tmp_path / "label.csv").write_text("picture,label\nx/1.png,blue\n")
    words = [word.format(tmp=tmp_path, data=data) for word in words]
    output = tmp_path / "judged"
    answer = command(
        evaluate, data, f"--model={run}", *words, f"--output={output}"
    )
    assert (answer.code, said in answer.err) == (code, True), answer
    assert answer.err.startswith("error: ") or "\nerror: " in answer.err
    assert "Traceback" not in answer.err and not output.exists()


def test_a_promise_is_kept_or_declined(command, too_sure):
    run, _ = too_sure
    with open(run / "predictions.csv", newline="") as file:
        rows = sorted(
            csv.DictReader(file), key=lambda row: float(row["probability"])
        )
    # The least sure ones and the surest.
    pictures = [row["picture"] for row in (*rows[:5], *rows[-5:])]
    words = (f"--model={run}", "--format=csv", *pictures)
    answer = command(predict, "--promise=0.8", *words)
    assert answer.code == 0, answer
    assert "promised: 80.00% right. From" in answer.err
    rows = [*csv.DictReader(io.StringIO(answer.out))]
    least = float(re.search(r"From ([\d.]+)% on", answer.err)[1]) / 100
    for row in rows:
        above = float(row["probability"]) - least
        # It is told with four digits.
        assert abs(above) < 1e-4 or row["sure"] == str(above > 0).lower()
    assert {row["sure"] for row in rows} == {"true", "false"}
    declined = command(predict, "--promise=0.99", *words)
    assert declined.code == 3
    assert "299 held-out answers without a fault are" in declined.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--promise=1.5"], 2, "--promise"),
        (["--promise=1"], 2, "--promise"),
        (["--promise=0.9", "--threshold=0.5"], 2, "Give one of the two"),
        (["--promise=0.9", "--tta=flip"], 2, "averages several"),
        (["--flag_unlike"], 2, "does not say what it knows"),
    ],
)
def test_wrong_words_of_predict(command, too_sure, words, code, said):
    run, data = too_sure
    (picture, *_) = (data / "val" / "blue").iterdir()
    answer = command(predict, f"--model={run}", picture, *words)
    assert (answer.code, said in answer.err) == (code, True), answer


def test_a_promise_wants_answers_to_rest_on(command, too_sure, tmp_path):
    run, data = too_sure
    alone = tmp_path / "alone.keras"
    alone.write_bytes((run / "model.keras").read_bytes())
    (picture, *_) = (data / "val" / "blue").iterdir()
    answer = command(predict, f"--model={alone}", picture, "--promise=0.9")
    assert answer.code == 2 and "no answers for held-out" in answer.err


def test_what_is_like_nothing_learned_is_said(done, command, others, tmp_path):
    known = pathlib.Path(json.loads((done / "config.json").read_text())["data"])
    words = (f"--model={done}", "--flag_unlike")
    answer = command(predict, *words, "--format=csv", others)
    assert answer.code == 0, answer
    rows = [*csv.DictReader(io.StringIO(answer.out))]
    flagged = np.mean([row["unlike"] == "true" for row in rows])
    pictures = sorted((known / "val" / "blue").iterdir())[:20]
    answer = command(predict, *words, "--format=json", *pictures)
    lines = [json.loads(line) for line in answer.out.splitlines()]
    same = np.mean([line["unlike"] for line in lines])
    assert same < 0.3 < flagged
    page = tmp_path / "answers.html"
    text = command(predict, *words, f"--page={page}", others).out
    assert page.read_text().count("like nothing it has learned") == sum(
        row["unlike"] == "true" for row in rows
    )
    assert text.count("like nothing it has learned") == sum(
        row["unlike"] == "true" for row in rows
    )
