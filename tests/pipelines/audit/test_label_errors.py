"""Planted label errors are found, by figures."""

import numpy as np
import pytest

from pipelines.audit.label_errors import confident_thresholds
from pipelines.audit.label_errors import find_suspects
from pipelines.audit.label_errors import held_out_probabilities
from pipelines.audit.label_errors import likely_wrong
from pipelines.audit.label_errors import nearest_neighbours


def clusters(classes=4, per_class=100, spread=1.0, seed=0):
    """Features that a straight line tells apart, and their labels."""
    random = np.random.default_rng(seed)
    centres = 4 * np.eye(classes, 16)
    labels = np.repeat(np.arange(classes), per_class)
    noise = random.normal(0, spread, (len(labels), 16))
    return (centres[labels] + noise).astype("float32"), labels


def flip(labels, part, classes, seed=1):
    random = np.random.default_rng(seed)
    flipped = random.random(len(labels)) < part
    shift = random.integers(1, classes, len(labels))
    return np.where(flipped, (labels + shift) % classes, labels), flipped


@pytest.mark.parametrize("part", [0.02, 0.05, 0.1])
def test_flipped_labels_are_found_and_named(part):
    features, labels = clusters()
    given, flipped = flip(labels, part, 4)
    suspects, _, accuracy = find_suspects(features, given, 4)
    places = np.array([each.place for each in suspects])
    assert flipped[places].sum() / flipped.sum() >= 0.9
    assert flipped[places].mean() >= 0.9
    right = [labels[each.place] == each.suggested for each in suspects]
    assert np.mean(right) >= 0.95
    assert accuracy == pytest.approx(1 - part, abs=0.04)


def test_right_labels_are_not_suspected():
    features, labels = clusters()
    suspects, outliers, accuracy = find_suspects(features, labels, 4)
    assert len(suspects) <= 2
    assert len(outliers) <= 2
    assert accuracy > 0.98


def test_the_likeliest_comes_first():
    features, labels = clusters()
    given, _ = flip(labels, 0.1, 4)
    suspects, _, _ = find_suspects(features, given, 4)
    margins = [s.given_probability - s.suggested_probability for s in suspects]
    assert margins == sorted(margins)
    assert all(each.agreeing <= 0.5 for each in suspects)


def test_an_outlier_comes_first():
    features, labels = clusters(spread=0.5)
    features[123] = 30 * np.ones(16) * (-1) ** np.arange(16)
    _, outliers, _ = find_suspects(features, labels, 4)
    assert outliers[0].place == 123


def test_confident_learning_by_hand():
    first = np.array([0.9, 0.8, 0.1, 0.1, 0.35, 0.45])
    labels = np.array([0, 0, 0, 1, 1, 1])
    probabilities = np.stack([first, 1 - first], axis=1)
    thresholds = confident_thresholds(probabilities, labels)
    np.testing.assert_allclose(thresholds, [0.6, 0.7])


@pytest.mark.parametrize(
    ("sure", "agreeing", "suspected"),
    [
        (True, 0.5, True),
        (True, 0.6, False),
        (False, 0.5, False),
        (False, 0.1, True),
        (False, 0.2, False),
    ],
)
def test_two_opinions_must_agree(sure, agreeing, suspected):
    first = np.array([0.9, 0.9, 0.1 if sure else 0.4, 0.2, 0.2, 0.2])
    labels = np.array([0, 0, 0, 1, 1, 1])
    probabilities = np.stack([first, 1 - first], axis=1)
    places, suggested = likely_wrong(
        probabilities, labels, np.array([1, 1, agreeing, 1, 1, 1])
    )
    assert places.tolist() == [2] * suspected
    assert suggested.tolist() == [1] * suspected


def test_classes_of_one_picture_are_passed_over():
    features, labels = clusters(classes=3, per_class=10)
    labels[-10:] = 0
    labels[-1] = 2
    probabilities = held_out_probabilities(features, labels, 3)
    assert np.isnan(probabilities[-1]).all()
    np.testing.assert_allclose(probabilities[:-1].sum(axis=1), 1, atol=1e-6)
    assert np.isnan(held_out_probabilities(features, 0 * labels, 3)).all()


def test_neighbours_are_those_of_comparing_all(monkeypatch):
    monkeypatch.setattr("pipelines.audit.label_errors._CHUNK", 7)
    features, _ = clusters(per_class=10)
    places, distances = nearest_neighbours(features, 3)
    centred = features - features.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    far = 1 - unit @ unit.T + 9 * np.eye(40)
    np.testing.assert_array_equal(places, np.argsort(far, axis=1)[:, :3])
    np.testing.assert_allclose(
        distances, np.sort(far, axis=1)[:, :3], atol=1e-5
    )
