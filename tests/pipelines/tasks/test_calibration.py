"""Calibration, against sums done by hand."""

import numpy as np
import pytest
from scipy import stats

from pipelines.tasks.calibration import calibrate


def test_bins_and_error_by_hand():
    confidence = np.array([0.1, 0.3, 0.35, 0.9, 1.0])
    right = np.array([False, True, False, True, True])
    found = calibrate(confidence, right, bins=4)
    assert found.count.tolist() == [1, 2, 0, 2]
    np.testing.assert_allclose(
        found.confidence, [0.1, 0.325, np.nan, 0.95], atol=1e-12
    )
    np.testing.assert_allclose(found.accuracy, [0, 0.5, np.nan, 1])
    # |0 - 0.1| * 1 + |0.5 - 0.325| * 2 + |1 - 0.95| * 2, of 5.
    assert found.error == pytest.approx(0.55 / 5)
    assert found.excess == pytest.approx((0.1 - 0.35 - 0.1) / 5)


def test_edges_belong_to_the_bin_below():
    found = calibrate(np.array([0, 0.25, 0.5, 1]), np.ones(4, bool), bins=4)
    assert found.count.tolist() == [2, 1, 0, 1]


def test_a_calibrated_model_has_no_error():
    random = np.random.default_rng(0)
    confidence = random.uniform(0.2, 1, 200_000)
    right = random.uniform(size=200_000) < confidence
    assert calibrate(confidence, right).error < 0.006
    assert calibrate(confidence, right).count.shape == (15,)


def test_no_answers():
    found = calibrate(np.empty(0), np.empty(0, bool))
    assert found.count.sum() == 0
    assert np.isnan(found.error) and np.isnan(found.excess)


@pytest.mark.parametrize("bins", [10, 15])
def test_the_error_is_that_of_scipys_bins(bins):
    """As torchmetrics counts it: by the means of bins and their shares."""
    random = np.random.default_rng(bins)
    confidence = random.random(3000)
    right = random.random(3000) < confidence**2
    edges = np.linspace(0, 1, bins + 1)
    means = [
        stats.binned_statistic(confidence, values, "mean", edges).statistic
        for values in (confidence, right.astype(float))
    ]
    share = np.histogram(confidence, edges)[0] / 3000
    expected = (share * np.abs(means[0] - means[1])).sum()
    assert calibrate(confidence, right, bins).error == pytest.approx(
        expected, abs=1e-9
    )
