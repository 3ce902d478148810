"""Classification as a task: its numbers, and which of them are told."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score
from sklearn.metrics import top_k_accuracy_score

from pipelines.tasks.classification import Classification


def test_metrics_by_hand():
    logits = np.zeros((4, 8), "float32")
    logits[:, :6] = np.log([6, 5, 4, 3, 2, 1])
    metrics = Classification().measure(logits, np.array([0, 1, 4, 5]))
    total = 6 + 5 + 4 + 3 + 2 + 1 + 2
    losses = -np.log(np.array([6, 5, 2, 1]) / total)
    assert metrics == {
        "examples": 4,
        "loss": pytest.approx(losses.mean(), abs=1e-6),
        "top1": 0.25,
        "top5": 0.75,
    }


def test_shares_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    logits, labels = random.normal(size=(300, 9)), random.integers(9, size=300)
    found = Classification().measure(logits.astype("float32"), labels)
    assert found["top1"] == accuracy_score(labels, logits.argmax(1))
    assert found["top5"] == top_k_accuracy_score(labels, logits, k=5)


@pytest.mark.parametrize(
    ("classes", "told"), [("ab", False), ("abcde", False), ("abcdef", True)]
)
def test_top5_is_told_where_it_says_anything(classes, told):
    task = Classification(tuple(classes))
    text = task.told({"top1": 0.5, "top5": 0.75}, 2)
    assert text == "top-1 50.00%" + told * ", top-5 75.00%"


def test_training_counts_what_the_logs_show():
    task = Classification()
    logits = np.array([[2, 1, 0], [0, 1, 2], [1, 0, 0]], "float32")
    top1, top5 = task.count(np.array([0, 0, 0]), logits)
    assert (top1, top5) == (2, 3)
    sums = {"loss": 6.0, "top1": 2.0, "top5": 3.0, "examples": 3.0}
    assert task.means(sums) == {"loss": 2, "top1": 2 / 3, "top5": 1}


def test_checkpoints_hold_the_sums_in_the_order_they_always_had():
    sums = ("loss", *Classification.sums, "examples")
    assert sums == ("loss", "top1", "top5", "examples")


def test_of_a_picture_that_broke_the_model_nothing_is_said(held):
    logits = np.array([[np.nan, 1], [np.inf, 0], [0, 2]], "float32")
    examples = held([b""] * 3, [0, 0, 1], ("ant", "bee"))
    _, *rows = Classification(("ant", "bee")).table(logits, examples)
    assert [row[1:] for row in rows] == [
        ["ant", "", ""],
        ["ant", "", ""],
        ["bee", "bee", "0.880797"],
    ]
