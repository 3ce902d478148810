"""The linear probe: scikit-learn's figures as the weights of a head."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pipelines.features.probe import STRENGTHS
from pipelines.features.probe import fit_probe


def clouds(classes, count=30, features=5, seed=0, spread=1.0):
    random = np.random.default_rng(seed)
    labels = np.arange(classes * count) % classes
    centres = random.normal(size=(classes, features)) * 3
    noise = random.normal(size=(len(labels), features)) * spread
    # Features of very different scales, one of them constant.
    rows = (centres[labels] + noise) * np.geomspace(1e-3, 1e3, features)
    return np.pad(rows, [(0, 0), (0, 1)], constant_values=7), labels


@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_logistic_regression_on_standardised_features(classes):
    rows, labels = clouds(classes)
    probe = fit_probe(rows, labels, classes)
    assert probe.strength in STRENGTHS and probe.accuracy > 0.9
    scale = rows.std(axis=0)
    standard = (rows - rows.mean(axis=0)) / np.where(scale > 0, scale, 1)
    model = LogisticRegression(C=probe.strength, tol=1e-6, max_iter=5000)
    model.fit(standard, labels)
    logits = rows @ probe.kernel + probe.bias
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    found = odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, model.predict_proba(standard), atol=0.05)
    assert (logits.argmax(axis=1) == model.predict(standard)).mean() > 0.97


def test_more_features_than_pictures():
    rows, labels = clouds(2, count=10, features=200, spread=2.0)
    probe = fit_probe(rows, labels, 2)
    assert probe.kernel.shape == (201, 2)
    logits = rows @ probe.kernel + probe.bias
    assert (logits.argmax(axis=1) == labels).mean() == 1.0


def test_noise_asks_for_a_strong_penalty_and_signal_for_a_weak_one():
    random = np.random.default_rng(1)
    labels = np.arange(60) % 2
    noise = random.normal(size=(60, 40))
    signal = noise * 0.1 + labels[:, np.newaxis] * 2
    blind, seeing = (fit_probe(x, labels, 2) for x in (noise, signal))
    assert blind.accuracy < 0.75 and seeing.accuracy == 1.0


def test_one_picture_a_class():
    probe = fit_probe(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1]), 2)
    assert np.isnan(probe.accuracy) and probe.strength == 1.0
    logits = np.array([[0.0, 1.0], [1.0, 0.0]]) @ probe.kernel + probe.bias
    assert logits.argmax(axis=1).tolist() == [0, 1]


def test_the_same_seed_gives_the_same_probe():
    rows, labels = clouds(3, spread=4.0)
    first, again = (fit_probe(rows, labels, 3, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.kernel, again.kernel)
