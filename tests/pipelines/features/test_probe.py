"""The linear probe: scikit-learn's figures as the weights of a head."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pipelines.features.penalty import STRENGTHS
from pipelines.features.penalty import strongest
from pipelines.features.probe import fit_probe
from pipelines.features.probe import some_of_each
from zoo.errors import DataError


def clouds(classes, count=30, features=5, seed=0, spread=1.0):
    random = np.random.default_rng(seed)
    labels = np.arange(classes * count) % classes
    centres = random.normal(size=(classes, features)) * 3
    noise = random.normal(size=(len(labels), features)) * spread
    # Features of very different scales, one of them constant.
    rows = (centres[labels] + noise) * np.geomspace(0.1, 10, features)
    return np.pad(rows, [(0, 0), (0, 1)], constant_values=7), labels


@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_logistic_regression_on_features_of_one_scale(classes):
    rows, labels = clouds(classes)
    probe = fit_probe(rows, labels, classes)
    assert probe.strength in STRENGTHS and probe.accuracy > 0.9
    scaled = (rows - rows.mean(axis=0)) / np.sqrt(rows.var(axis=0).mean())
    model = LogisticRegression(C=probe.strength, tol=1e-6, max_iter=5000)
    model.fit(scaled, labels)
    logits = rows @ probe.kernel + probe.bias
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    found = odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, model.predict_proba(scaled), atol=0.05)
    assert (logits.argmax(axis=1) == model.predict(scaled)).mean() > 0.97


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
    assert blind.strength < seeing.strength


def test_one_picture_a_class():
    probe = fit_probe(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1]), 2)
    assert np.isnan(probe.accuracy) and probe.strength == 1.0
    logits = np.array([[0.0, 1.0], [1.0, 0.0]]) @ probe.kernel + probe.bias
    assert logits.argmax(axis=1).tolist() == [0, 1]


def test_the_same_seed_gives_the_same_probe():
    rows, labels = clouds(3, spread=4.0)
    first, again = (fit_probe(rows, labels, 3, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.kernel, again.kernel)


def test_the_strongest_penalty_within_one_standard_error():
    """Half of the pictures lose 2 * d more, half nothing: d, and d of error."""
    losses = np.full((4, 100), 0.5)
    losses[0] += 0.01  # All a little: no doubt.
    losses[1, :2] += 1.0  # 0.02, more than 0.14 / 10.
    losses[2, :1] += 1.0  # 0.01, more than 0.0995 / 10.
    assert strongest(losses) == 3
    losses[2, 1] -= 0.5  # 0.005, less than 0.11 / 10.
    assert strongest(losses) == 2
    losses[1, 5:9] -= 0.3  # 0.008, less than 0.16 / 10.
    assert strongest(losses) == 1


def test_one_picture_does_not_decide():
    """A wrong label that no network would guess."""
    random = np.random.default_rng(0)
    labels = np.arange(300) % 3
    rows = random.normal(size=(300, 10)) + 8 * np.eye(10)[labels]
    clean = fit_probe(rows, labels, 3)
    labels[0] = 1
    spoilt = fit_probe(rows, labels, 3)
    assert clean.accuracy == 1.0 and spoilt.accuracy == 299 / 300
    assert spoilt.strength >= 1e-3


def test_how_the_folds_are_dealt_matters_little():
    random = np.random.default_rng(0)

    def some(count):
        labels = np.arange(count) % 2
        noise = random.normal(size=(count, 30))
        return noise + 0.6 * labels[:, np.newaxis], labels

    (rows, labels), (fresh, right) = some(100), some(5_000)
    reached = []
    for seed in range(8):
        probe = fit_probe(rows, labels, 2, seed=seed)
        found = (fresh @ probe.kernel + probe.bias).argmax(axis=1)
        reached.append((found == right).mean())
    # The best that there is: 0.3 * sqrt(30) deviations, 94.98 %.
    assert min(reached) > 0.88 and np.ptp(reached) < 0.03


def test_groups_are_not_on_both_sides_of_a_fold():
    """Ten pictures of each of 40 things: by heart, and new ones."""
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 10)
    labels = random.integers(0, 2, 40)[groups]
    things = random.normal(size=(40, 60))
    features = things[groups] + 0.01 * random.normal(size=(400, 60))
    assert fit_probe(features, labels, 2).accuracy > 0.95
    assert fit_probe(features, labels, 2, groups=groups).accuracy < 0.75


def test_a_class_of_one_picture_is_learned_from_and_not_judged():
    random = np.random.default_rng(0)
    labels = np.array([0] * 50 + [1] * 50 + [2])
    features = random.normal(size=(101, 4)) + 4 * np.eye(4)[labels]
    probe = fit_probe(features, labels, 3)
    assert 0.9 < probe.accuracy <= 1 and probe.judged == 101
    assert probe.kernel.shape == (4, 3)
    alone = fit_probe(features[[0, 50, 100]], np.arange(3), 3)
    assert np.isnan(alone.accuracy)


@pytest.mark.parametrize("value", [1.0, np.nan, np.inf])
def test_features_that_say_nothing_are_refused(value):
    features = np.full((8, 3), value)
    with pytest.raises(DataError, match="all alike, or no numbers"):
        fit_probe(features, np.arange(8) % 2, 2)


def test_a_shift_of_a_feature_changes_nothing():
    random = np.random.default_rng(1)
    labels = np.arange(200) % 2
    features = random.normal(size=(200, 5)) + labels[:, None]
    shifted = features + np.array([1e5, 0, 0, 0, 0])
    one, other = (fit_probe(each, labels, 2) for each in (features, shifted))
    assert one.accuracy == other.accuracy and one.strength == other.strength
    np.testing.assert_allclose(one.kernel, other.kernel, rtol=1e-3, atol=1e-5)


def test_as_large_a_part_of_each_class():
    labels = np.repeat([0, 1, 2, 3], [1_000, 100, 10, 1])
    for seed in range(3):
        found = np.bincount(labels[some_of_each(labels, 111, seed)])
        assert abs(found - [100, 10, 2, 1]).max() <= 2 and found.sum() == 111
    assert len(some_of_each(labels, 2_000, 0)) == 1_111


def test_fits_are_counted():
    labels, told = np.arange(20) % 2, []
    features = np.random.default_rng(0).normal(size=(20, 3)) + labels[:, None]
    fit_probe(features, labels, 2, progress=lambda *n: told.append(n))
    # Three deals of five folds, eight penalties each.
    assert told[0] == (1, 120) and told[-1] == (120, 120)


def test_groups_of_very_different_sizes():
    """Some fold is left without a picture to judge."""
    sizes = np.array([8, 8, 5, 5])
    groups = np.repeat(np.arange(4), sizes)
    labels = np.repeat([0, 1, 0, 1], sizes)
    random = np.random.default_rng(0)
    rows = random.normal(size=(26, 4)) + labels[:, np.newaxis]
    for seed in range(20):
        probe = fit_probe(rows, labels, 2, groups=groups, seed=seed)
        assert 0 <= probe.accuracy <= 1


def test_one_group_a_class_leaves_nothing_to_judge():
    labels = np.arange(60) % 2
    rows = np.random.default_rng(0).normal(size=(60, 4)) + labels[:, None]
    probe = fit_probe(rows, labels, 2, groups=labels)
    assert np.isnan(probe.accuracy) and probe.strength == 1.0
