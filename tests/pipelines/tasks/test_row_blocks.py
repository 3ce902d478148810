"""What is computed in blocks of rows: the same digits, and little memory."""

import tracemalloc

import numpy as np
import pytest

from pipelines.data.examples import Examples
from pipelines.tasks import row_blocks
from pipelines.tasks.classification import Classification
from pipelines.tasks.multilabel import MultiLabel
from pipelines.tasks.task import Judged


def judged(task, count, seed=0):
    """Everything but the pictures that is found of random logits."""
    random = np.random.default_rng(seed)
    classes = len(task.class_names)
    logits = 3 * random.normal(size=(count, classes)).astype("float32")
    labels = random.integers(0, classes, count).astype("int32")
    if task.several:
        labels = (random.random((count, classes)) < 0.1).astype("uint8")
    names = tuple(map(str, range(count)))
    examples = Examples(names, labels, task.class_names, None)
    return examples, logits


def everything(task, examples, logits):
    metrics = task.measure(logits, examples.labels)
    metrics |= task.details(logits, examples)
    return [
        metrics,
        task.tables(logits, examples),
        task.table(logits, examples),
    ]


@pytest.mark.parametrize("kind", [Classification, MultiLabel])
@pytest.mark.parametrize("most", [1, 23, 100])
def test_blocks_change_no_digit(kind, most, monkeypatch):
    task = kind(tuple("abcdefg"))
    examples, logits = judged(task, 29)
    monkeypatch.setattr(row_blocks, "_NUMBERS", 10_000)
    whole = everything(task, examples, logits)
    monkeypatch.setattr(row_blocks, "_NUMBERS", most)
    assert everything(task, examples, logits) == whole


def test_a_page_of_blocks(monkeypatch, coloured):
    examples = coloured(5, classes=3)
    shown = np.eye(3, dtype="uint8")[examples.labels]
    several = Examples(
        examples.names, shown, examples.class_names, examples.encoded
    )
    task = MultiLabel(examples.class_names)
    logits = np.random.default_rng(1).normal(size=(15, 3)).astype("float32")
    found = Judged(several, logits, task.measure(logits, shown))
    whole = task.page(found)
    monkeypatch.setattr(row_blocks, "_NUMBERS", 4)
    parted = task.page(found)
    calibrations = [each.pop("calibration") for each in (whole, parted)]
    assert whole == parted and whole["mistakes_in_all"] > 0
    for name in ("count", "confidence", "accuracy"):
        one, other = (getattr(each, name) for each in calibrations)
        np.testing.assert_array_equal(one, other)


def test_a_classifier_is_judged_in_half_of_what_its_logits_take():
    task = Classification(tuple(map(str, range(2000))))
    examples, logits = judged(task, 3000)
    everything(task, examples.subset(np.arange(9)), logits[:9])
    tracemalloc.start()
    everything(task, examples, logits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < logits.nbytes / 2
