"""What is known and what is not: scores and how they are judged."""

import numpy as np
import pytest
from scipy import special
from scipy import stats
from scipy.spatial import distance
from sklearn import metrics
from sklearn.covariance import LedoitWolf

from pipelines.evaluation.trust.feature_scores import KnownFeatures
from pipelines.evaluation.trust.feature_scores import mahalanobis
from pipelines.evaluation.trust.feature_scores import nearest
from pipelines.evaluation.trust.logit_scores import LOGIT_SCORES
from pipelines.evaluation.trust.separation import keeping
from pipelines.evaluation.trust.separation import separation


@pytest.mark.parametrize("digits", [1, 8])
@pytest.mark.parametrize("count", [20, 200, 333])
def test_figures_are_those_of_scipy_and_scikit_learn(count, digits):
    random = np.random.default_rng(count)
    known = random.normal(1, 1, count).round(digits)
    others = random.normal(0, 1, 150).round(digits)
    found = separation("any", known, others)
    ranks = stats.mannwhitneyu(known, others).statistic
    assert found.auroc == pytest.approx(ranks / count / 150, abs=1e-9)
    truth = np.repeat([1, 0], [count, 150])
    scores = np.concatenate([known, others])
    fpr, tpr, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    expected = fpr[tpr >= 0.95 - 1e-12].min()
    assert found.fpr95 == pytest.approx(expected, abs=1e-9)
    assert (known >= keeping(known)).mean() >= 0.95


def test_scores_of_logits_are_scipys():
    logits = np.random.default_rng(0).normal(0, 30, (50, 7)).astype("float32")
    found = {name: score(logits) for name, score in LOGIT_SCORES.items()}
    wide = logits.astype("float64")
    np.testing.assert_allclose(
        found["msp"], special.softmax(wide, axis=1).max(axis=1), rtol=1e-9
    )
    np.testing.assert_allclose(
        found["energy"], special.logsumexp(wide, axis=1), rtol=1e-12
    )
    assert np.array_equal(found["max_logit"], wide.max(axis=1))


@pytest.fixture
def known():
    random = np.random.default_rng(1)
    labels = np.repeat([0, 1, 3], 20)
    features = random.normal(0, 1, (60, 5)) + 4 * np.eye(5)[labels]
    return KnownFeatures(features.astype("float32"), labels)


def test_nearest_is_the_tenth_distance_of_scipy(known):
    features = np.random.default_rng(2).normal(0, 3, (30, 5))

    def unit(x):
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    far = distance.cdist(unit(features), unit(known.features))
    np.testing.assert_allclose(
        nearest(known, features), -np.sort(far, axis=1)[:, 9], atol=1e-6
    )
    few = KnownFeatures(known.features[:3], known.labels[:3])
    assert np.isfinite(nearest(few, np.zeros((2, 5)))).all()


def test_mahalanobis_is_scipys_with_a_covariance_of_scikit_learn(known):
    features = np.random.default_rng(3).normal(0, 3, (30, 5))
    means = [
        known.features[known.labels == label].mean(axis=0, dtype="float64")
        for label in (0, 1, 3)
    ]
    place = np.repeat([0, 1, 2], 20)
    model = LedoitWolf(assume_centered=True)
    model.fit(known.features - np.array(means)[place])
    far = distance.cdist(
        features, means, "mahalanobis", VI=np.linalg.inv(model.covariance_)
    )
    np.testing.assert_allclose(
        mahalanobis(known, features), -(far.min(axis=1) ** 2), rtol=1e-6
    )


def test_features_that_never_move_give_no_infinity(known):
    still = known.features.copy()
    still[:, 0] = 0
    found = mahalanobis(KnownFeatures(still, known.labels), still)
    assert np.isfinite(found).all()
