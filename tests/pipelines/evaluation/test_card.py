"""A run's model card: metadata that parses, and the numbers of the run."""

import hashlib
import json
import re

import numpy as np
import pytest
import yaml

from pipelines.data.examples import Splits
from pipelines.evaluation.card import write_card
from pipelines.evaluation.card_metadata import licence_of
from pipelines.evaluation.card_metadata import plain_name
from pipelines.runs.split_list import write_split
from pipelines.tasks.classification import Classification
from pipelines.tasks.interval import interval
from pipelines.tasks.metric import Metric
from pipelines.tasks.multilabel import MultiLabel
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task

CONFIG = {
    "model": "efficientnet_lite0",
    "weights": "imagenet",
    "data": "/home/somebody/my photos",
    "seed": 7,
}
HOSTILE = ("| `a`", "<script>b", "c\n# d: e\u202e", 'f"\\', "- g \ufffe")


class Brightness(Task):
    """A task whose only metric is no share of anything."""

    about = "how bright it is"
    metrics = (Metric("mae", "mean error", is_share=False, is_score=False),)
    decides = metrics[0]
    loss_words = ("squared error", "1")
    build = loss = count = answers = table = None

    def measure(self, outputs, targets):
        return {"examples": 4, "loss": 1e-05, "mae": 0.125}


Brightness.__abstractmethods__ = frozenset()


@pytest.fixture
def write(tmp_path, tiny):
    """Writes a run's card; returns its metadata, its text and the metrics."""

    def run(task, examples, outputs, config=CONFIG):
        (tmp_path / "config.json").write_text(json.dumps(config))
        metrics = task.measure(outputs, examples.labels)
        metrics |= {"epochs": 2, "training_examples": 1234, "seconds": 9.5}
        (tmp_path / "metrics.json").write_text(json.dumps(metrics))
        judged = Judged(examples, outputs, metrics)
        path = write_card(tmp_path, task, judged, model=tiny())
        assert path == tmp_path / "card.md"
        before, head, text = path.read_text().split("---\n", 2)
        assert before == ""
        return yaml.safe_load(head), text

    return run


def values_of(head):
    (found,) = head["model-index"][0]["results"]
    return {each["type"]: each["value"] for each in found["metrics"]}


def held_in(folder, *names):
    metrics = json.loads((folder / "metrics.json").read_text())
    return {name: metrics[name] for name in names}


def test_a_classifiers(write, coloured, tmp_path):
    examples = coloured(10, classes=3)
    task = Classification(examples.class_names)
    outputs = np.eye(3, dtype="float32")[examples.labels]
    outputs[:7] = 0, 0, 0.5
    head, text = write(task, examples, outputs)
    assert head["license"] == "apache-2.0"
    assert head["library_name"] == "keras"
    assert head["pipeline_tag"] == "image-classification"
    assert "efficientnet_lite0" in head["tags"]
    # Of three classes all are among the best five.
    assert head["metrics"] == ["top1", "loss"]
    assert values_of(head) == held_in(tmp_path, "top1", "loss")
    (found,) = head["model-index"][0]["results"]
    assert found["dataset"] == {"name": "my photos", "type": "my photos"}
    right = int((outputs.argmax(1) == examples.labels).sum())
    low, high = interval(right, 30)
    assert f"| top-1 | {right / 30:.2%} | {low:.1%} to {high:.1%} |" in text
    for words in (
        "# efficientnet\\_lite0 on my photos",
        "| pictures learned from | 1,234 |",
        "| pictures held out | 30 |",
        "| began with | imagenet |",
        "| licence of what it began with | Apache-2.0 |",
        "| seed | 7 |",
        *(f"\n    {name}\n" for name in examples.class_names),
        f"predict --model={tmp_path.name} IMAGE",
        'keras.models.load_model("model.keras")',
        "one of its classes for every picture",
    ):
        assert words in text
    assert "/home" not in text and "sha256" not in text


def test_a_part_is_known_by_its_pictures_in_any_order(
    write, coloured, tmp_path
):
    examples = coloured(4)
    splits = Splits(examples.subset(range(6)), examples.subset([6, 7]))
    write_split(tmp_path, splits)
    task = Classification(examples.class_names)
    outputs = np.zeros((8, 2), "float32")
    _, text = write(task, examples, outputs)
    hashes = sorted(
        hashlib.sha256(each).hexdigest() for each in examples.encoded([6, 7])
    )
    lines = "".join(f"{each}\n" for each in hashes)
    whole = hashlib.sha256(lines.encode()).hexdigest()
    assert f"| sha256 of the held-out part | `{whole}` |" in text
    (tmp_path / "split.csv").write_text("no,table\n1")
    _, text = write(task, examples, outputs)
    assert "sha256" not in text


def test_several_classes_a_picture(write, coloured, tmp_path):
    examples = coloured(4, classes=2)
    labels = np.eye(2, dtype="uint8")[examples.labels]
    several = type(examples)(
        examples.names, labels, examples.class_names, examples.encoded
    )
    task = MultiLabel(examples.class_names)
    outputs = np.array([[2.0, 1.0], [-2.0, 2.0]] * 4, "float32")
    head, text = write(task, several, outputs)
    names = ("map", "f1_micro", "f1_macro", "subset", "loss")
    assert values_of(head) == held_in(tmp_path, *names)
    low, high = interval(4, 8)
    assert f"| subset accuracy | 50.00% | {low:.1%} to {high:.1%} |" in text
    assert re.search(r"\| F1 \(micro\) \| [\d.]+% \| – \|", text)
    assert "may still be given some" in text


def test_a_task_without_classes_and_shares(write, coloured, tmp_path):
    head, text = write(Brightness(), coloured(2), np.zeros((4, 1)), {})
    assert values_of(head) == held_in(tmp_path, "mae", "loss")
    assert values_of(head)["loss"] == 1e-05
    assert "license" not in head
    assert "| mean error | 0.1250 | – |" in text
    assert "## Classes" not in text and "none needed" in text


@pytest.mark.parametrize("more", [{"keep": "best"}, {"patience": 3}])
def test_what_the_held_out_pictures_were_used_for_is_said(
    write, coloured, more
):
    task, outputs = Classification(("blue", "green")), np.zeros((4, 2))
    _, text = write(task, coloured(2), outputs, {})
    assert "chosen the epoch" not in text and "may be among" not in text
    _, text = write(task, coloured(2), outputs, CONFIG | more)
    assert "chosen the epoch" in text and "may be among" in text


def test_a_class_without_held_out_pictures_is_told(write, held):
    examples = held([b"", b""], [0, 2], ("a", "b", "c"))
    _, text = write(Classification(("a", "b", "c")), examples, np.zeros((2, 3)))
    assert "Of 1 of its classes there is no held-out picture" in text


def test_nobodys_words_are_markup(write, coloured):
    config = CONFIG | {"data": "a/x: [y]\n---\n<b>", "model": "net"}
    head, text = write(
        Classification(HOSTILE), coloured(1), np.zeros((2, 5)), config
    )
    (found,) = head["model-index"][0]["results"]
    assert found["dataset"]["name"] == "x: [y] --- <b>"
    assert text.startswith("\n# net on x: \\[y\\] --- \\<b\\>\n")
    assert '    c # d: e\\u202e\n    f"\\\n    - g \ufffd\n' in text
    # The classes lie in code, and nothing else shows them.
    assert text.count("<script>") == text.count("    <script>") == 1


@pytest.mark.parametrize(
    "weights, licence",
    [
        ("imagenet", "Apache-2.0"),
        ("hf://timm/resnet50.a1_in1k", None),
        ("somebody/model.keras", None),
        ("of_another_version", None),
        (None, None),
    ],
)
def test_the_licence_is_that_of_the_weights(weights, licence):
    config = {"model": "efficientnet_lite0", "weights": weights}
    assert licence_of(config) == licence


def test_names_have_no_folders():
    assert plain_name("hf://timm/resnet50") == "hf://timm/resnet50"
    assert plain_name("/a/b/c.csv") == "c.csv" and plain_name("") == ""
