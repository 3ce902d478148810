"""Temperatures and factors, against other optimisers."""

import numpy as np
import pytest
from scipy import optimize
from scipy import special

from pipelines.tasks.answers import Answers
from pipelines.tasks.class_summary import calibration_of
from pipelines.tasks.scaling_fit import fit_temperature
from pipelines.tasks.scaling_fit import fit_vector
from pipelines.tasks.scaling_fit import scaled
from zoo.errors import DataError
from zoo.head_scaling import LogitScaling


def drawn(temperature, count=4000, classes=5, seed=0):
    """Logits that are right when they are divided by a temperature."""
    random = np.random.default_rng(seed)
    honest = random.normal(0, 2, (count, classes))
    chances = special.softmax(honest, axis=1).cumsum(axis=1)
    labels = (random.random((count, 1)) > chances).sum(axis=1)
    return temperature * honest, np.minimum(labels, classes - 1)


def loss(logits, labels):
    chances = special.log_softmax(logits, axis=1)
    return -chances[np.arange(len(labels)), labels].mean()


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_the_temperature_is_that_of_the_draw_and_of_scipy(temperature):
    logits, labels = drawn(temperature)
    found = fit_temperature(logits, labels)
    assert found.temperature == pytest.approx(temperature, rel=0.05)
    best = optimize.minimize(
        lambda t: loss(logits / t[0], labels), [1.0], method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-14},
    ).x[0]  # fmt: skip
    assert found.temperature == pytest.approx(best, rel=1e-6)


def test_calibration_is_better_on_pictures_that_chose_nothing():
    logits, labels = drawn(2.5)
    chosen, judged = slice(0, 2000), slice(2000, None)
    scaling = fit_temperature(logits[chosen], labels[chosen])
    errors = [
        calibration_of(Answers.of(each, labels[judged])).error
        for each in (logits[judged], scaled(logits[judged], scaling))
    ]
    assert errors[0] > 0.1 and errors[1] < 0.03
    assert (
        scaled(logits, scaling).argmax(axis=1) == logits.argmax(axis=1)
    ).all()


def test_factors_and_shifts_are_the_best_there_are():
    random = np.random.default_rng(1)
    honest, labels = drawn(1.0, classes=3, seed=2)
    logits = honest * [0.5, 2.0, 1.0] + [1.0, 0.0, -0.5]
    found = fit_vector(logits, labels)
    value = loss(scaled(logits, found), labels)
    one = loss(scaled(logits, fit_temperature(logits, labels)), labels)
    assert value < one - 0.05
    assert sum(found.shift) == pytest.approx(0, abs=1e-9)
    assert value == pytest.approx(loss(honest, labels), abs=2e-3)
    # No step to any side is better.
    for _ in range(50):
        scale = np.array(found.scale) + random.normal(0, 1e-2, 3)
        shift = np.array(found.shift) + random.normal(0, 1e-2, 3)
        assert loss(logits * scale + shift, labels) >= value - 1e-9


def test_scaled_keeps_the_type_of_logits():
    logits = np.ones((2, 3), "float32")
    found = scaled(logits, LogitScaling((0.5,)))
    assert found.dtype == "float32" and (found == 0.5).all()
    assert scaled(logits, None) is logits


def test_what_says_nothing_is_refused():
    right = np.eye(3)[[0, 1, 2]] * 5
    with pytest.raises(DataError, match=r"All 3 pictures .* are told right"):
        fit_temperature(right, np.array([0, 1, 2]))
    with pytest.raises(DataError, match="no better than guesses"):
        fit_temperature(right, np.array([1, 2, 0]))
    logits, labels = drawn(1.0, 100, 3)
    labels[labels == 2] = 0
    labels[:9] = 2
    with pytest.raises(DataError, match=r"1 classes have .*class 2: 9"):
        fit_vector(logits, labels)


def test_what_shifts_can_tell_apart_has_no_factors():
    """Wrong for all of a class, and by a shift for none."""
    labels = np.arange(60) % 2
    logits = np.stack([2.5 + labels, 3.0 * labels], axis=1)
    assert (logits.argmax(axis=1) != labels).any()
    with pytest.raises(DataError, match="No factors suit the 60 pictures"):
        fit_vector(logits, labels)
