"""Judging a finished model: exact numbers, in files to look into."""

import csv
import dataclasses
import json
import logging

import keras
import numpy as np
import pytest

import zoo
from pipelines.data.framing import whole_picture
from pipelines.data.sources.opening import open_held_out
from pipelines.evaluation.judging import describe
from pipelines.evaluation.judging import judge
from pipelines.evaluation.judging import match_classes
from pipelines.evaluation.saved_models import JudgedModels
from pipelines.evaluation.saved_models import open_to_judge
from pipelines.evaluation.views import views_of
from pipelines.tasks.classification import Classification
from pipelines.tasks.softmax import softmax
from zoo.errors import DataError
from zoo.errors import RequestError

# The model numbers its classes otherwise than the folder does.
NAMES = ("red", "yellow", "blue", "green")


@pytest.fixture(scope="module")
def model(tiny):
    keras.utils.set_random_seed(4)
    return tiny(NAMES)


@pytest.fixture(scope="module")
def judged(model, picture_folder, tmp_path_factory):
    output = tmp_path_factory.mktemp("judged") / "run"
    seen = []
    metrics = judge(
        model,
        str(picture_folder),
        str(output),
        batch_size=4,
        checked=lambda *n: seen.append(("checked", *n)),
        progress=lambda *n: seen.append(("judged", *n)),
    )
    return output, metrics, seen


@pytest.fixture(scope="module")
def expected(model, picture_folder):
    """Logits and labels, one picture at a time."""
    examples = open_held_out(str(picture_folder))
    record = zoo.preprocessing(model)
    pixels = [
        whole_picture(encoded, record).numpy()
        for encoded in examples.encoded([*range(6)])
    ]
    logits = np.asarray(model(np.stack(pixels), training=False))
    labels = [NAMES.index(name) for name in ("blue", "green", "red")]
    return examples, logits, np.repeat(labels, 2)


def test_the_metrics_are_exact(judged, expected):
    output, metrics, _ = judged
    _, logits, labels = expected
    exact = Classification().measure(logits, labels)
    assert metrics["examples"] == 6
    assert metrics["loss"] == pytest.approx(exact["loss"], abs=1e-5)
    assert metrics["top1"] == exact["top1"] and metrics["top5"] == 1
    right = logits.argmax(axis=1) == labels
    assert metrics["top1_by_class"] == {
        name: right[labels == NAMES.index(name)].mean()
        for name in ("red", "blue", "green")
    }
    assert json.loads((output / "metrics.json").read_text()) == metrics


def test_a_row_a_picture(judged, expected):
    examples, logits, labels = expected
    with open(judged[0] / "predictions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    probabilities = softmax(logits)
    assert [row["picture"] for row in rows] == list(examples.names)
    assert [row["label"] for row in rows] == [NAMES[i] for i in labels]
    best = [NAMES[i] for i in logits.argmax(axis=1)]
    assert [row["predicted"] for row in rows] == best
    np.testing.assert_allclose(
        [float(row["probability"]) for row in rows],
        probabilities.max(axis=1),
        atol=2e-6,
    )


def test_top_5_is_told_where_there_are_more_than_five_classes(tiny):
    metrics = {"top1": 0.5, "top5": 0.75, "loss": 1.0, "examples": 4}
    metrics["seconds"] = 2.0
    (few,) = describe(metrics, tiny(("a", "b", "c", "d", "e")))
    assert few == "top-1 50.00%, loss 1.0000 on 4 pictures, in 2 s"
    (more,) = describe(metrics, tiny(("a", "b", "c", "d", "e", "f")))
    assert more.startswith("top-1 50.00%, top-5 75.00%, loss 1.0000 on ")


def test_files_and_progress(judged, picture_folder):
    output, _, seen = judged
    assert {path.name for path in output.iterdir()} == {
        ".lock",
        "calibration.csv",
        "classes.csv",
        "config.json",
        "confusion.csv",
        "doubts.csv",
        "metrics.csv",
        "metrics.json",
        "predictions.csv",
        "promises.csv",
        "report.html",
        "report.json",
        "risk_coverage.csv",
    }
    config = json.loads((output / "config.json").read_text())
    assert config["model"] == "tiny" and config["data"] == str(picture_folder)
    seen_by = config["preprocessing"]
    assert (seen_by["image_size"], seen_by["geometry"]) == (16, "zoo")
    assert seen == [("checked", 6, 6), ("judged", 1, 2), ("judged", 2, 2)]


def test_a_taken_folder_is_refused(judged, model, picture_folder):
    with pytest.raises(RequestError, match="already holds a finished run"):
        judge(model, str(picture_folder), str(judged[0]))


def test_labels_are_renumbered(held):
    examples = held([b"0", b"1", b"2"], [0, 1, 0], ("green", "red"))
    matched = match_classes(examples, NAMES)
    np.testing.assert_array_equal(matched.labels, [3, 0, 3])
    assert matched.labels.dtype == np.int32
    assert matched.class_names == NAMES and matched.names == examples.names
    assert matched.encoded([2, 0]) == [b"2", b"0"]
    assert match_classes(examples, None) is examples


def test_a_class_that_the_model_does_not_know(held, tmp_path, tiny, coloured):
    examples = held([b""] * 2, [0, 1], ("violet", "red"))
    with pytest.raises(
        DataError,
        match=r"does not know: violet\. It knows: red, yellow, blue, green\.$",
    ) as caught:
        match_classes(examples, NAMES)
    assert caught.value.exit_code == 3
    many = tuple(f"class{i}" for i in range(12))
    with pytest.raises(DataError, match=r"violet\. It knows: .*, class9 …"):
        match_classes(examples.subset([0]), (*many, "red"))


def test_imagenet_s_folders_are_known_by_their_numbers(held, caplog):
    caplog.set_level(logging.INFO, logger="zoo")
    names = ("crane (n02012849)", "tench", "tiger cat", "crane (n03126707)")
    folders = ("n01440764", "n02012849", "n03126707")
    examples = held([b""] * 3, [2, 0, 1], folders)
    matched = match_classes(examples, names)
    np.testing.assert_array_equal(matched.labels, [3, 1, 0])
    assert matched.class_names == names
    assert caplog.messages == [
        "The 3 classes are named by WordNet's numbers: n01440764 is 'tench', "
        "and so on"
    ]
    # A model that learned from such folders calls its classes so.
    matched = match_classes(examples, folders[::-1])
    np.testing.assert_array_equal(matched.labels, [0, 2, 1])
    assert len(caplog.messages) == 1
    with pytest.raises(DataError, match="does not know: n01440764"):
        match_classes(examples, names[2:])
    with pytest.raises(DataError, match="does not know: n99999999"):
        match_classes(held([b""], [0], ("n99999999",)), names)


def test_nothing_is_written_where_classes_differ(
    tiny, picture_folder, tmp_path
):
    with pytest.raises(DataError, match="does not know: red"):
        judge(tiny(), str(picture_folder), str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def snapshots(tiny, tmp_path_factory):
    """A folder of two models, and the models; cycle 10 comes after cycle 2."""
    folder = tmp_path_factory.mktemp("run") / "snapshots"
    folder.mkdir()
    models = []
    for seed, cycle in ((7, 10), (4, 2)):
        keras.utils.set_random_seed(seed)
        models.insert(0, tiny(NAMES))
        models[0].save(folder / f"cycle-{cycle}.keras")
    (folder / ".tmp-cycle-11.keras").write_bytes(b"half")
    return folder, models


def test_snapshots_are_judged_by_the_mean_of_their_probabilities(
    snapshots, expected, picture_folder, tmp_path
):
    folder, models = snapshots
    labels = expected[2]
    seen = []
    metrics = judge(
        open_to_judge(str(folder)),
        str(picture_folder),
        str(tmp_path / "judged"),
        batch_size=4,
        progress=lambda *n: seen.append(n),
    )
    examples = open_held_out(str(picture_folder))
    record = zoo.preprocessing(models[0])
    pixels = np.stack(
        [
            whole_picture(encoded, record).numpy()
            for encoded in examples.encoded([*range(6)])
        ]
    )
    each = [softmax(np.asarray(model(pixels))) for model in models]
    mean = (each[0] + each[1]) / 2
    right = [(p.argmax(axis=1) == labels).mean() for p in each]
    # Otherwise it would not show whether any of this is done.
    assert right[0] != right[1] and np.abs(each[0] - each[1]).max() > 0.01
    assert metrics["top1"] == (mean.argmax(axis=1) == labels).mean()
    assert metrics["loss"] == pytest.approx(
        -np.log(mean[range(6), labels]).mean(), abs=1e-5
    )
    assert metrics["top1_by_model"] == {
        "cycle-2.keras": right[0],
        "cycle-10.keras": right[1],
    }
    with open(tmp_path / "judged" / "predictions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_allclose(
        [float(row["probability"]) for row in rows],
        mean.max(axis=1),
        atol=2e-6,
    )
    config = json.loads((tmp_path / "judged" / "config.json").read_text())
    assert config["snapshots"] == ["cycle-2.keras", "cycle-10.keras"]
    page = (tmp_path / "judged" / "report.html").read_text()
    assert "predict" not in page
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("tta", ["flip", "tencrop", "multiscale"])
def test_views_are_judged_by_the_mean_of_their_probabilities(
    model, picture_folder, tmp_path, tta
):
    examples = open_held_out(str(picture_folder))
    record = zoo.preprocessing(model)
    views = [views_of(e, record, tta) for e in examples.encoded([*range(6)])]
    mean = np.stack(
        [softmax(np.asarray(model(each))).mean(0) for each in views]
    )
    labels = np.repeat([NAMES.index(n) for n in ("blue", "green", "red")], 2)
    output = tmp_path / "judged"
    metrics = judge(
        model, str(picture_folder), str(output), batch_size=25, tta=tta
    )
    assert metrics["examples"] == 6
    assert metrics["top1"] == (mean.argmax(axis=1) == labels).mean()
    assert metrics["loss"] == pytest.approx(
        -np.log(mean[range(6), labels]).mean(), abs=1e-5
    )
    with open(output / "predictions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_allclose(
        [float(row["probability"]) for row in rows],
        mean.max(axis=1),
        atol=2e-6,
    )
    assert json.loads((output / "config.json").read_text())["tta"] == tta


def test_views_that_are_not_known(model, picture_folder, tmp_path):
    with pytest.raises(RequestError, match="`tta=eleven` is not known"):
        judge(model, str(picture_folder), str(tmp_path / "x"), tta="eleven")
    assert not (tmp_path / "x").exists()


def test_a_report_with_maps(model, picture_folder, tmp_path, judged):
    """Beside each mistake and doubt, and the same figures as without."""
    opened = dataclasses.replace(JudgedModels.of(model), explained=True)
    output = tmp_path / "run"
    metrics = judge(opened, str(picture_folder), str(output), batch_size=4)
    page = (output / "report.html").read_text()
    plain = (judged[0] / "report.html").read_text()
    shown = plain.count("data:image/jpeg;base64,")
    assert shown and page.count("data:image/jpeg;base64,") == 2 * shown
    assert page.count(" is seen") == shown and " is seen" not in plain
    assert metrics["top1"] == judged[1]["top1"]


def test_maps_are_of_one_class_a_picture(tiny, picture_folder, tmp_path):
    several = tiny(NAMES)
    zoo.set_thresholds(several, (0.5,) * len(NAMES))
    opened = dataclasses.replace(JudgedModels.of(several), explained=True)
    with pytest.raises(RequestError, match="`maps` is for models that tell"):
        judge(opened, str(picture_folder), str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()
