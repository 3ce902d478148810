"""Counts and intervals, against scikit-learn and scipy."""

import dataclasses
import json

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import top_k_accuracy_score

import zoo
from pipelines.challenge.families import family_of
from pipelines.challenge.scoring import Answered
from pipelines.challenge.scoring import Count
from pipelines.challenge.scoring import Score
from pipelines.challenge.scoring import difference
from zoo.side_by_side import side_by_side


@pytest.mark.parametrize("classes", [6, 10, 60])
def test_errors_are_scikit_learns(classes):
    random = np.random.default_rng(classes)
    labels = random.integers(0, classes, 500)
    logits = random.normal(size=(500, classes))
    logits[np.arange(500), labels] += 1.5
    score = Answered.of(logits, labels).score(labels, classes)
    names = np.arange(classes)
    for k, count in ((1, score.top1), (5, score.top5)):
        right = top_k_accuracy_score(labels, logits, k=k, labels=names)
        assert count.share == pytest.approx(1 - right)
        limits = binomtest(count.wrong, 500).proportion_ci(method="wilson")
        assert count.limits == pytest.approx(tuple(limits), abs=1e-6)
    best = logits.argmax(1)
    for label, count in enumerate(score.by_class):
        own = labels == label
        assert (count.wrong, count.pictures) == (
            (best[own] != label).sum(),
            own.sum(),
        )
    assert sum(count.wrong for count in score.by_class) == score.top1.wrong


def test_five_of_few_classes_and_a_class_without_pictures():
    logits = np.array([[0.0, 1.0, 2.0]] * 3)
    labels = np.array([2, 1, 1])
    answered = Answered.of(logits, labels)
    score = answered.score(labels, 3)
    assert (score.top1.wrong, score.top5.wrong) == (2, 0)
    assert score.by_class[0] == Count(0, 0)
    assert np.isnan(score.by_class[0].share)
    assert score.by_class[0].limits == (0.0, 1.0)


def test_what_is_no_number_is_wrong():
    answered = Answered.of(
        np.array([[np.nan, 1.0], [0.0, 1.0]]), np.ones(2, int)
    )
    assert answered.right.tolist() == [False, True]
    assert answered.right5.tolist() == [False, True]
    assert answered.best.tolist() == [-1, 1]


def test_a_difference_covers_what_is_so():
    """In about 95 of 100 draws; as Newcombe's table II says of method 10."""
    random = np.random.default_rng(0)
    one, other = random.binomial(200, 0.3, 2000), random.binomial(90, 0.1, 2000)
    inside = 0
    for wrong, less in zip(one.tolist(), other.tolist(), strict=True):
        low, high = difference(Count(wrong, 200), Count(less, 90))
        inside += low <= 0.2 <= high
    assert 0.935 < inside / 2000 < 0.97


def test_a_score_is_read_as_it_was_written():
    score = Score(Count(1, 2), Count(0, 2), (Count(1, 1), Count(0, 1)))
    for each in (score, dataclasses.replace(score, train=Count(0, 5), macs=7)):
        text = json.dumps(dataclasses.asdict(each))
        assert Score.of_json(json.loads(text)) == each
    assert score.gap is None and score.gap_limits is None


def test_families_are_read_from_the_layers():
    found = {
        name: family_of(zoo.create_model(name, classes=3))
        for name in ("resnet20", "alexnet_cifar", "efficientnet_cifar")
    }
    assert found == {
        "resnet20": ("resnet", "resnet20"),
        "alexnet_cifar": ("alexnet", "alexnet_cifar"),
        "efficientnet_cifar": ("open", "efficientnet_cifar"),
    }
    # What it says of itself is not what it is.
    liar = zoo.create_model("efficientnet_cifar", classes=3)
    liar.get_layer("preprocessing").variant = "resnet20"
    assert family_of(liar) == ("open", "")
    models = [zoo.create_model("resnet20", classes=3) for _ in range(2)]
    for model in models:
        zoo.set_class_names(model, "abc")
    assert family_of(side_by_side(models)) == ("open", "")
    weighty = zoo.create_model("resnet20", classes=3, input_shape=(48, 48, 3))
    assert family_of(weighty) == ("resnet", "resnet20")
