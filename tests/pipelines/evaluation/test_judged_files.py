"""What an evaluation leaves: a page, and every number on it as data."""

import csv
import hashlib
import json
import re

import numpy as np
import pytest
import sklearn.metrics as sklearn

import zoo
from pipelines.data.sources.opening import open_held_out
from pipelines.evaluation.judged_files import with_hashes
from pipelines.evaluation.judged_files import write_judged
from pipelines.evaluation.judging import judge
from pipelines.evaluation.saved_models import JudgedModels
from pipelines.evaluation.saved_models import open_to_judge
from pipelines.runs.run_folder import RunFolder
from pipelines.tasks.classification import Classification
from pipelines.tasks.softmax import softmax
from pipelines.tasks.task import Judged


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def write(tmp_path, tiny, coloured):
    """Writes what is found of random answers; returns it and its folder."""

    def run(classes, seed=0):
        examples = coloured(20, classes=classes)
        logits = 2 * np.random.default_rng(seed).normal(
            size=(20 * classes,) * 2
        )
        logits = logits[:, :classes].astype("float32")
        logits[np.arange(len(logits)), examples.labels] += 1
        task = Classification(examples.class_names)
        metrics = task.measure(logits, examples.labels)
        metrics |= task.details(logits, examples)
        judged = Judged(examples, logits, metrics)
        with RunFolder(tmp_path / "judged") as folder:
            opened = JudgedModels.of(tiny(examples.class_names))
            write_judged(folder, task, judged, opened=opened)
        return judged, folder.path

    return run


@pytest.mark.parametrize(("classes", "seed"), [(2, 0), (2, 1), (3, 2)])
def test_every_number_is_scikit_learn_s(write, classes, seed):
    judged, folder = write(classes, seed)
    labels, answers = judged.examples.labels, judged.outputs.argmax(1)
    found = json.loads((folder / "metrics.json").read_text())
    of_all = sklearn.precision_recall_fscore_support(
        labels, answers, average="macro", zero_division=0
    )
    expected = {
        "top1": sklearn.accuracy_score(labels, answers),
        "loss": sklearn.log_loss(labels, softmax(judged.outputs)),
        "balanced_accuracy": sklearn.balanced_accuracy_score(labels, answers),
        **dict(zip(("precision", "recall", "f1"), of_all[:3], strict=True)),
    }
    if classes == 2:
        expected["auc"] = sklearn.roc_auc_score(
            labels, softmax(judged.outputs)[:, 1]
        )
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name
    assert ("auc" in found) == (classes == 2)
    of_each = sklearn.precision_recall_fscore_support(labels, answers)
    for i, row in enumerate(rows_of(folder / "classes.csv")):
        assert row["class"] == judged.examples.class_names[i]
        for name, values in zip(
            ("precision", "recall", "f1", "pictures"), of_each, strict=True
        ):
            assert float(row[name]) == pytest.approx(values[i], abs=1e-12)
    matrix = np.zeros((classes, classes), int)
    names = judged.examples.class_names
    for row in rows_of(folder / "confusion.csv"):
        place = names.index(row["label"]), names.index(row["predicted"])
        matrix[place] = int(row["pictures"])
    assert (matrix == sklearn.confusion_matrix(labels, answers)).all()


def test_limits_and_calibration_are_their_formulas(write):
    judged, folder = write(3)
    found = json.loads((folder / "metrics.json").read_text())
    n, z = 60, 1.959964
    share = found["top1"]
    # Both limits are where the share is z standard deviations away.
    for limit in found["top1_interval"]:
        away = abs(share - limit) / np.sqrt(limit * (1 - limit) / n)
        assert away == pytest.approx(z, abs=1e-6)
    sure = softmax(judged.outputs).max(1)
    right = judged.outputs.argmax(1) == judged.examples.labels
    error = 0
    rows = rows_of(folder / "calibration.csv")
    for row in rows:
        inside = (sure > float(row["from"])) & (sure <= float(row["to"]))
        assert int(row["answers"]) == inside.sum()
        assert float(row["confidence"]) == pytest.approx(sure[inside].mean())
        assert float(row["right"]) == pytest.approx(right[inside].mean())
        error += abs(sure[inside].mean() - right[inside].mean()) * inside.sum()
    assert sum(int(row["answers"]) for row in rows) == n
    assert found["calibration_error"] == pytest.approx(error / n)
    assert found["overconfidence"] == pytest.approx(sure.mean() - right.mean())


def test_the_page_shows_the_same_numbers(write):
    _, folder = write(2)
    found = json.loads((folder / "metrics.json").read_text())
    page = " ".join((folder / "report.html").read_text().split())
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
    low, high = found["top1_interval"]
    for words in (
        f"{found['top1']:.1%} top-1 ({low:.1%} … {high:.1%})",
        f"{found['balanced_accuracy']:.1%} balanced accuracy",
        f"{found['auc']:.4f} area under the ROC curve (AUC)",
        "mean of all classes {precision:.1%} {recall:.1%} {f1:.1%}".format(
            **found
        ),
        f"Expected calibration error {found['calibration_error']:.1%}",
        f"model is {abs(found['overconfidence']):.1%}",
    ):
        assert words in text, (words, text)
    # Made in this process, it is no model that a command could name.
    assert "How to use it" not in text and "top-5" not in text


def test_json_and_csv_say_the_same(write):
    judged, folder = write(2)
    both = json.loads((folder / "report.json").read_text())
    assert both["metrics"] == judged.metrics
    for name in ("classes", "confusion", "calibration"):
        rows = rows_of(folder / f"{name}.csv")
        assert [{k: str(v) for k, v in row.items()} for row in both[name]] == (
            rows
        )
    numbers = {
        row["metric"]: row["value"] for row in rows_of(folder / "metrics.csv")
    }
    assert (
        float(numbers["top1_interval.0"]) == judged.metrics["top1_interval"][0]
    )
    assert (
        float(numbers["top1_by_class.blue"])
        == (judged.metrics["top1_by_class"]["blue"])
    )


def test_it_says_what_was_judged(tiny, picture_folder, tmp_path):
    file = tmp_path / "net.keras"
    tiny(("blue", "green", "red")).save(file)
    output = tmp_path / "judged"
    judge(open_to_judge(str(file)), str(picture_folder), str(output))
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    config = json.loads((output / "config.json").read_text())
    assert config["judged"]["sha256"] == {str(file): sha256}
    page = (output / "report.html").read_text()
    assert sha256 in page and f"--model={file} IMAGE" in page
    examples = open_held_out(str(picture_folder))
    hashes = [
        hashlib.sha256(e).hexdigest() for e in examples.encoded([*range(6)])
    ]
    rows = rows_of(output / "predictions.csv")
    assert [row["sha256"] for row in rows] == hashes


def test_several_classes_a_picture(tiny, picture_folder, tmp_path):
    model = tiny(("blue", "green", "red"))
    zoo.set_thresholds(model, (0.5,) * 3)
    metrics = judge(model, str(picture_folder), str(tmp_path / "judged"))
    report = json.loads((tmp_path / "judged" / "report.json").read_text())
    assert report["metrics"] == metrics
    assert {row["class"] for row in report["classes"]} == {
        "blue",
        "green",
        "red",
    }
    predicted = rows_of(tmp_path / "judged" / "predictions.csv")
    for row in report["classes"]:
        name = row["class"]
        by_class = metrics["average_precision_by_class"]
        assert row["average_precision"] == by_class[name]
        shown = [name in json.loads(each["label"]) for each in predicted]
        said = [name in json.loads(each["predicted"]) for each in predicted]
        precision, recall, _, (_, pictures) = (
            sklearn.precision_recall_fscore_support(
                shown, said, labels=[False, True], zero_division=0
            )
        )
        assert row["pictures"] == pictures == 2
        assert row["recall"] == pytest.approx(recall[1])
        assert (row["precision"] or 0) == pytest.approx(precision[1])
    assert sum(row["answers"] for row in report["calibration"]) == 6 * 3


def test_classes_without_names_are_told_by_number(coloured):
    examples = coloured(2, classes=2)
    logits = np.eye(4, 5, 1, dtype="float32")
    task = Classification()
    tables = task.tables(logits, examples)
    assert [row[0] for row in tables["classes"][1:]] == [
        *("blue", "green"),
        *("2", "3", "4"),
    ]
    assert [row[2] for row in task.table(logits, examples)[1:]] == [
        *("green", "2"),
        *("3", "4"),
    ]
    # Of all that have pictures or were answered, none is told right.
    assert task.details(logits, examples)["f1"] == 0


def test_broken_answers_count_as_wrong(coloured):
    examples = coloured(2, classes=2)
    logits = np.array([[1, 0], [0, 1], [np.nan, 0], [0, 1]], "float32")
    task = Classification(examples.class_names)
    found = task.details(logits, examples)
    assert "auc" not in found and found["balanced_accuracy"] == 0.75
    confusion = task.tables(logits, examples)["confusion"]
    assert sum(row[2] for row in confusion[1:]) == 3


def test_a_class_that_is_called_like_the_hash(held):
    examples = held([b"a picture"], [0], ("sha256",))
    header, row = with_hashes([["picture", "sha256"], ["0", "0.5"]], examples)
    assert header == ["picture", "sha256-2", "sha256"]
    assert row == ["0", "0.5", hashlib.sha256(b"a picture").hexdigest()]
