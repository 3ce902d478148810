"""Runs on tables in which a picture has several classes, whole."""

import csv
import dataclasses
import json

import numpy as np
import pytest

import zoo
from pipelines.evaluation.comparing import compare
from pipelines.evaluation.held_out import pictures_to_judge
from pipelines.evaluation.judged_runs import read_judged
from pipelines.evaluation.judging import judge
from pipelines.evaluation.prediction import predict
from pipelines.evaluation.saved_models import open_model
from pipelines.runs.moved_data import identity_by_bytes
from pipelines.runs.resuming import identity
from pipelines.runs.split_list import read_split
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.opening import choose_splits
from pipelines.training.setting_aside import set_aside
from zoo.errors import RequestError

NAMES = ("red", "green", "blue")


@pytest.fixture(scope="module")
def table(tmp_path_factory, encode):
    """Sixty pictures with a stripe of each colour that they show."""
    folder = tmp_path_factory.mktemp("stripes")
    random = np.random.default_rng(0)
    with open(folder / "stripes.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", *NAMES])
        for number in range(60):
            shown = random.random(3) < 0.4
            pixels = random.normal(90, 15, (24, 24, 3))
            for colour in np.flatnonzero(shown):
                pixels[8 * colour : 8 * colour + 8, :, colour] += 120
            name = f"{number}.png"
            (folder / name).write_bytes(encode(pixels.clip(0, 255)))
            writer.writerow([name, *map(int, shown)])
    return str(folder / "stripes.csv")


def config(table, output="", **more):
    more = {"upscale": True, "image_size": 32, "augmentation": "none", **more}
    return FinetuneConfig(
        table, "resnet20", str(output), weights="cifar10", **more
    )


@pytest.fixture(scope="module")
def finished(table, tmp_path_factory):
    output = tmp_path_factory.mktemp("runs") / "run"
    lines = []
    finished = finetune_run(
        config(table, output, plan="head:3@0.4", threshold_part=0.2),
        say=lines.append,
    )
    return finished, output, lines


def test_thresholds_come_from_pictures_that_nothing_learned_from(finished):
    run, output, lines = finished
    assert "38 pictures to train on, 10 for thresholds, 12 to judge by" in (
        "\n".join(lines)
    )
    held = json.loads((output / "config.json").read_text())
    assert (held["task"], held["loss"]) == ("multilabel", "bce")
    assert run.metrics["training_examples"] == 38
    thresholds = zoo.thresholds(open_model(str(output)))
    assert thresholds == run.task.thresholds and thresholds != (0.5,) * 3
    # They may not judge: all but what is held out counts as learned from.
    listed = read_split(str(output))
    assert listed.learned.sum() == 48 and len(listed.held_out) == 12
    assert (output / "report.html").stat().st_size > 10_000


def test_judged_as_at_its_end(finished, table, tmp_path):
    run, output, _ = finished
    model = open_model(str(output))
    chosen = pictures_to_judge(str(output), table)
    metrics = judge(model, chosen, str(tmp_path / "judged"))
    for name in ("map", "f1_micro", "f1_macro", "subset"):
        assert abs(metrics[name] - run.metrics[name]) < 1e-9
    rows = (tmp_path / "judged" / "predictions.csv").read_text().splitlines()
    assert len(rows) == 13 and rows[0].endswith("red,sha256")
    runs = read_judged([str(output), str(tmp_path / "judged")])
    found = compare(runs)
    assert found.pictures == 12 and found.tests[0].p == 1
    right = run.metrics["subset"] * 12
    assert [row.right for row in found.standings] == pytest.approx([right] * 2)
    # What the run has written down says the same.
    again = pictures_to_judge(str(output), str(output / "split.csv"))
    assert again.examples.class_names == chosen.examples.class_names
    np.testing.assert_array_equal(again.examples.labels, chosen.examples.labels)


def test_what_is_said_of_a_picture(finished, table):
    run, output, _ = finished
    model, picture = open_model(str(output)), table.replace("stripes.csv", "")
    said = predict(model, f"{picture}0.png")
    assert all(each.said for each in said)
    every = predict(model, f"{picture}0.png", 3, tta="flip")
    assert {each.name for each in every} == set(NAMES)
    assert [e.threshold for e in every if e.name == "red"] == [
        run.task.thresholds[2]
    ]


def test_the_same_pictures_elsewhere(finished, table):
    asked = config(table, plan="head:3@0.4", threshold_part=0.2)
    splits = set_aside(asked, choose_splits(asked))
    now = identity(asked, splits, 1)
    moved = {"settings": {**now["settings"], "data": "elsewhere"}}
    then = {**now, **moved, "training pictures": {"count": 38, "sha256": "0"}}
    assert identity_by_bytes(then, now, finished[1], splits) == then
    fewer = splits.train.subset(np.arange(37))
    other = dataclasses.replace(splits, train=fewer)
    found = identity_by_bytes(then, now, finished[1], other)
    assert found["training pictures"]["count"] == 47


def test_a_probe_sets_nothing_aside(table, tmp_path):
    lines = []
    run = finetune_run(
        config(table, tmp_path / "probe", probe=True), say=lines.append
    )
    assert run.metrics["training_examples"] == 48
    assert run.metrics["map"] > 0.9
    assert run.task.thresholds and "mean average precision" in lines[-1]


def test_one_class_a_picture_as_several(picture_folder):
    asked = config(str(picture_folder), task="multilabel")
    splits = choose_splits(asked)
    assert splits.train.labels.tolist() == np.repeat(np.eye(3), 4, 0).tolist()
    aside = set_aside(asked.resolved(threshold_part=0.25), splits)
    assert (len(aside.train), len(aside.aside)) == (9, 3)
    assert set_aside(asked.resolved(threshold_part=0.0), splits) is splits


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"task": "classification"},
            "a picture may show several classes. Give",
        ),
        ({"shots": 2}, "`shots` is for one class a picture"),
        ({"label_noise": 0.1}, "`label_noise` is for one class a picture"),
        ({"logit_adjustment": 1.0}, "`logit_adjustment` is for one class"),
        ({"add_classes": "run"}, "`add_classes` is for one class a picture"),
    ],
)
def test_what_speaks_of_one_class_is_refused(table, given, message):
    with pytest.raises(RequestError, match=message):
        choose_splits(config(table, **given))


def test_thresholds_are_of_several_classes(picture_folder):
    with pytest.raises(RequestError, match="`threshold_part` is for `task=mul"):
        choose_splits(config(str(picture_folder), threshold_part=0.2))
