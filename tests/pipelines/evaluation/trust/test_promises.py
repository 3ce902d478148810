"""Promises of a precision, against scipy and many draws."""

import numpy as np
import pytest
from scipy import stats

from pipelines.evaluation.trust.promises import faultless
from pipelines.evaluation.trust.promises import keep_promise
from pipelines.evaluation.trust.promises import lowest_precision
from zoo.errors import DataError


@pytest.mark.parametrize(("right", "count"), [(149, 149), (290, 300), (1, 7)])
def test_the_limit_is_that_of_scipys_exact_test(right, count):
    test = stats.binomtest(right, count, alternative="greater")
    expected = test.proportion_ci(0.95, method="exact").low
    assert lowest_precision(right, count) == pytest.approx(expected, abs=1e-9)
    assert lowest_precision(0, count) == 0


def test_how_many_answers_without_a_fault_a_promise_wants():
    for precision, needed in ((0.9, 29), (0.98, 149), (0.99, 299)):
        assert faultless(precision) == needed
        assert lowest_precision(needed, needed) >= precision
        assert lowest_precision(needed - 1, needed - 1) < precision


def answers(count, seed, best=0.999):
    """Answers that are right as often as a curve of their confidence says."""
    random = np.random.default_rng(seed)
    confidence = random.random(count)
    chance = best - 0.4 * (1 - confidence) ** 2
    return confidence, random.random(count) < chance


def test_too_few_answers_are_declined():
    sure, right = np.full(296, 0.9), np.ones(296, bool)
    halves = np.arange(296) % 2 == 0
    with pytest.raises(DataError, match="149 held-out answers without a fault"):
        keep_promise(sure, right, halves, 0.98)
    sure, right = np.full(298, 0.9), np.ones(298, bool)
    kept = keep_promise(sure, right, np.arange(298) % 2 == 0, 0.98)
    assert (kept.answered, kept.right, kept.total) == (149, 149, 149)
    assert "at least 98.01% with 95 % confidence" in kept.told
    with pytest.raises(DataError, match="are needed, and there are 0"):
        keep_promise(sure, right, np.ones(298, bool), 0.9)


def test_a_model_that_is_not_good_enough_is_told_so():
    confidence, right = answers(4000, 0, best=0.9)
    with pytest.raises(DataError, match="surest answers do not keep it"):
        keep_promise(confidence, right, np.arange(4000) % 2 == 0, 0.98)


def test_a_promise_is_broken_at_most_once_in_twenty_draws():
    """By the precision that a threshold really has, over many draws."""
    promised, broken, kept = 0.98, 0, 0
    # Of confidence above t, the mean chance is best - 0.4 (1 - t)**2 / 3.
    for seed in range(300):
        confidence, right = answers(8000, seed)
        proposes = np.arange(8000) % 2 == 0
        try:
            found = keep_promise(confidence, right, proposes, promised)
        except DataError:
            continue
        kept += 1
        real = 0.999 - 0.4 * (1 - found.threshold) ** 2 / 3
        broken += real < promised
    assert kept > 250
    assert stats.binomtest(broken, kept, 0.05, "greater").pvalue > 0.01


def test_noise_is_not_promised_by_luck():
    """Confidence that says nothing, at a precision that is not enough."""
    promised, given = 0.9, 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        confidence, right = random.random(600), random.random(600) < 0.89
        try:
            keep_promise(confidence, right, random.random(600) < 0.5, promised)
        except DataError:
            continue
        given += 1
    assert stats.binomtest(given, 300, 0.05, "greater").pvalue > 0.01
