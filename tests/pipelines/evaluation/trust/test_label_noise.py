"""The noise of labels is what it was made with, and its formula is a count."""

import numpy as np
import pytest
from scipy.optimize import minimize

from pipelines.evaluation.trust.label_noise import estimate_noise
from pipelines.evaluation.trust.label_noise import softmax


def noisy(random, classes=5, pictures=10_000, sure=4.0, seed=0):
    """Scores, labels by chance as they say, and a part of them random."""
    generator = np.random.default_rng(seed)
    scores = sure * generator.normal(size=(pictures, classes))
    powers = np.exp(scores)
    ends = (powers / powers.sum(axis=1, keepdims=True)).cumsum(axis=1)
    labels = (generator.random((pictures, 1)) > ends).sum(axis=1)
    drawn = generator.random(pictures) < random
    given = np.where(drawn, generator.integers(0, classes, pictures), labels)
    return scores, np.minimum(given, classes - 1), given != labels


@pytest.mark.parametrize("random", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_the_noise_is_found_whatever_the_scale_of_the_scores(random, scale):
    scores, labels, wrong = noisy(random)
    noise = estimate_noise(scale * scores, labels)
    assert noise.random == pytest.approx(random, abs=0.01)
    assert noise.wrong.sum() == pytest.approx(wrong.sum(), rel=0.15, abs=60)


def test_how_likely_it_is_wrong_is_how_often_it_is():
    scores, labels, wrong = noisy(0.1)
    noise = estimate_noise(scores, labels)
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        some = (noise.wrong >= low) & (noise.wrong < low + 0.2)
        assert wrong[some].mean() == pytest.approx(
            noise.wrong[some].mean(), abs=0.09
        )


def test_no_other_noise_makes_the_labels_likelier():
    """By a general optimizer instead of steps of EM over a grid."""
    scores, labels, _ = noisy(0.1, pictures=2000)
    often = (np.bincount(labels) / len(labels))[labels]

    def unlikeliness(guess):
        random, inverse = 1 / (1 + np.exp(-guess[0])), np.exp(guess[1])
        given = softmax(inverse * scores)[np.arange(len(labels)), labels]
        likelihood = np.log((1 - random) * given + random * often).sum()
        # As if one of twenty more were known to be random.
        likelihood += np.log(random) + 19 * np.log(1 - random)
        return -likelihood / len(labels)

    best = minimize(unlikeliness, [-2.0, 0.0], method="Nelder-Mead")
    noise = estimate_noise(scores, labels)
    assert noise.likelihood == pytest.approx(-best.fun, abs=1e-3)


def test_scores_that_tell_nothing_make_no_label_wrong():
    random = np.random.default_rng(0)
    scores = random.normal(size=(300, 3))
    noise = estimate_noise(scores, random.integers(0, 3, 300))
    assert noise.wrong.max() < 0.5
