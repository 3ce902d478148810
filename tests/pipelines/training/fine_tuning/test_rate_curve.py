"""A rate is read from a noisy curve, or none is."""

import numpy as np
import pytest

from pipelines.tasks.classification import Classification
from pipelines.training.fine_tuning.rate_curve import draw_rates
from pipelines.training.fine_tuning.rate_curve import read_curve


def curve(truth, seed=0, noise=0.0, steps=80, fall=0.8, sharp=1.5, slope=0.0):
    """Losses that fall fastest at a known rate and blow up beyond 1."""
    rates = np.geomspace(1e-4, 10, steps)
    decades = np.log10(rates / truth)
    losses = 1.5 - fall * np.tanh(sharp * decades)
    losses += np.clip(2 * np.log10(rates), 0, None) ** 3
    losses -= slope * np.log10(rates / rates[0])
    return rates, losses + np.random.default_rng(seed).normal(
        size=steps
    ) * noise


@pytest.mark.parametrize("steps", [40, 80, 200])
@pytest.mark.parametrize("truth", [3e-3, 3e-2, 1e-1])
def test_without_noise(truth, steps):
    found = read_curve(*curve(truth, steps=steps))
    assert truth / 1.3 < found.steep < truth * 1.3


@pytest.mark.parametrize("truth", [3e-3, 3e-2, 1e-1])
@pytest.mark.parametrize("shape", [{}, {"sharp": 4}, {"slope": 0.08}])
@pytest.mark.parametrize("noise", [0.05, 0.15, 0.3])
def test_95_of_100_noisy_curves_are_read_within_a_factor_of_3(
    noise, shape, truth
):
    near = 0
    for seed in range(100):
        found = read_curve(*curve(truth, seed, noise, **shape)).steep
        near += found is not None and truth / 3 < found < truth * 3
    assert near >= 95


@pytest.mark.parametrize("truth", [3e-3, 3e-2, 1e-1])
@pytest.mark.parametrize("shape", [{}, {"sharp": 4}, {"slope": 0.08}])
@pytest.mark.parametrize("noise", [0.05, 0.15, 0.3])
def test_95_of_100_floors_are_found_within_a_factor_of_3(noise, shape, truth):
    # Where the curve without noise is within a tenth of its fall of the lowest.
    rates, losses = curve(truth, **shape)
    lowest = int(losses.argmin())
    limit = losses[lowest] + 0.1 * (losses[0] - losses[lowest])
    flat = np.log(rates[losses <= limit])
    middle = np.exp((flat[0] + flat[-1]) / 2)
    near = 0
    for seed in range(100):
        found = read_curve(*curve(truth, seed, noise, **shape)).best
        near += found is not None and middle / 3 < found < middle * 3
    assert near >= 95


@pytest.mark.parametrize("steps", [40, 80, 200])
def test_noise_alone_is_no_fall(steps):
    taken = sum(
        read_curve(*curve(0.03, seed, 0.3, steps=steps, fall=0)).best
        is not None
        for seed in range(100)
    )
    assert taken <= 5


@pytest.mark.parametrize(
    "losses", [[], [2.0], [1.0, 2.0, 3.0], list(range(1, 40)), [1.0] * 40]
)
def test_a_loss_that_never_falls(losses):
    found = read_curve(np.geomspace(1e-4, 1, len(losses)), losses)
    assert found.best is None and found.candidates == {}


def test_one_loss_that_is_far_off_moves_little():
    rates, losses = curve(0.03, noise=0.05)
    losses[20] += 5
    assert 0.01 < read_curve(rates, losses).steep < 0.09


def test_three_candidates_in_order():
    found = read_curve(*curve(0.03, noise=0.05))
    assert set(found.candidates.values()) == {
        *(found.steep, found.valley, found.floor)
    }
    lowest = found.rates[int(np.argmin(found.fitted))]
    assert found.best == found.floor and lowest / 3 < found.best < lowest * 3
    assert found.steep < lowest and found.valley < lowest


@pytest.mark.parametrize("losses", [curve(0.03)[1], [1.0] * 80, [2.0, 1.0]])
def test_the_picture(tmp_path, losses):
    found = read_curve(np.geomspace(1e-4, 10, len(losses)), losses)
    draw_rates(found, tmp_path / "rates.png", Classification())
    assert (tmp_path / "rates.png").read_bytes()[:4] == b"\x89PNG"
