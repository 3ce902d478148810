"""Labels that a trained model doubts, among answers with noise of their own."""

import numpy as np
import pytest

from pipelines.evaluation.trust.doubts import HARD
from pipelines.evaluation.trust.doubts import LABEL
from pipelines.evaluation.trust.doubts import doubt_section
from pipelines.evaluation.trust.doubts import find_doubts
from pipelines.tasks.softmax import softmax
from pipelines.tasks.task import Judged

CLASSES = 4


def answers(count, strength, seed=0):
    """Logits that are right as often as they say, and the true labels."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, strength, (count, CLASSES))
    chances = softmax(logits).cumsum(axis=1)
    labels = (random.random((count, 1)) > chances).sum(axis=1)
    return logits, np.minimum(labels, CLASSES - 1)


@pytest.mark.parametrize("strength", [6, 10])
def test_wrong_labels_are_found_and_few_others(strength):
    logits, labels = answers(2000, strength)
    planted = np.arange(0, 2000, 20)
    wrong = labels.copy()
    wrong[planted] = (labels[planted] + 1) % CLASSES
    doubts = [d for d in find_doubts(logits, wrong) if d.why == LABEL]
    found = {doubt.place for doubt in doubts}
    assert len(found & {*planted}) >= 0.6 * len(planted)
    # As likely as they are said to be.
    said = sum(doubt.wrong for doubt in doubts)
    assert len(found & {*planted}) == pytest.approx(said, rel=0.25)
    # What is suggested was the label.
    right = [labels[d.place] == d.suggested for d in doubts]
    assert np.mean(right) > 0.7
    order = [doubt.wrong for doubt in doubts]
    assert order == sorted(order, reverse=True)


def test_a_model_that_guesses_doubts_nothing():
    random = np.random.default_rng(1)
    logits = random.normal(0, 5, (1000, CLASSES))
    doubts = find_doubts(logits, random.integers(0, CLASSES, 1000))
    assert [doubt for doubt in doubts if doubt.why == LABEL] == []


def test_hard_pictures_are_those_between_two_classes():
    logits = 9.0 * np.eye(CLASSES)[np.arange(100) % CLASSES]
    labels = np.arange(100) % CLASSES
    logits[3, 0] = logits[3, 3] - 0.1
    logits[7, 1] = logits[7, 3] - 0.01
    hard = [d for d in find_doubts(logits, labels) if d.why == HARD]
    assert [doubt.place for doubt in hard] == [7, 3]
    best = np.sort(softmax(logits[7:8]))[0]
    assert hard[0].margin == pytest.approx(best[-1] - best[-2])


def test_the_list_has_paths_and_hashes(held):
    logits = 9.0 * np.eye(2)[np.arange(60) % 2]
    labels = np.arange(60) % 2
    labels[4] = 1
    examples = held([b"x"] * 60, labels, ("ant", "bee"))
    keys = [bytes([i]) * 32 for i in range(60)]
    section = doubt_section(Judged(examples, logits, {}), keys)
    header, row = section.files["doubts"]
    assert dict(zip(header, row, strict=True)) == {
        "path": "picture4",
        "label": "bee",
        "suggested": "ant",
        "wrong": row[3],
        "why": "label",
        "sha256": "04" * 32,
    }
    assert 0.9 < float(row[3]) <= 1
    assert section.metrics == {"doubted_labels": 1, "hard_pictures": 0}


def test_one_class_leaves_nothing_to_doubt():
    assert find_doubts(np.ones((5, 3)), np.zeros(5, int)) == []
