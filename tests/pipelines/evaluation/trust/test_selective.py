"""Risk against coverage, counted one by one."""

import numpy as np
import pytest

from pipelines.evaluation.trust.selective import risk_coverage


@pytest.mark.parametrize("digits", [1, 6])
def test_the_curve_is_counted_one_by_one(digits):
    random = np.random.default_rng(0)
    # With one digit many are equally sure.
    confidence = random.random(200).round(digits)
    right = random.random(200) < confidence
    curve = risk_coverage(confidence, right)
    risks = []
    for i in range(200):
        given = confidence >= confidence[i]
        risks.append(1 - right[given].mean())
    assert curve.area == pytest.approx(np.mean(risks), abs=1e-12)
    for threshold, coverage, risk in zip(
        curve.threshold, curve.coverage, curve.risk, strict=True
    ):
        given = confidence >= threshold
        assert coverage == pytest.approx(given.mean(), abs=1e-12)
        assert risk == pytest.approx(1 - right[given].mean(), abs=1e-12)
    assert curve.coverage[-1] == 1
    order = random.permutation(200)
    assert risk_coverage(confidence[order], right[order]).area == curve.area
