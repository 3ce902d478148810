"""Random numbers: even, independent, and functions of integers."""

import numpy as np
import pytest

from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.chance import choose
from pipelines.batches.transforms.chance import sign


def test_a_number_depends_on_seed_sample_stream_and_place():
    chance = Chance(7, np.arange(50))
    drawn = chance.bits(3, 4)
    np.testing.assert_array_equal(
        Chance(7, [9, 20]).bits(3, 2), drawn[[9, 20], :2]
    )
    everything = [
        Chance(seed, np.arange(50)).bits(stream, 4)
        for seed in (7, 8, -7)
        for stream in range(4)
    ]
    assert len(np.unique(everything)) == np.size(everything)


@pytest.mark.parametrize("seed", [0, 1, -1, 2**62])
def test_uniform_numbers(seed):
    drawn = Chance(seed, np.arange(5000)).uniform(0, 6)
    assert drawn.min() >= 0 and drawn.max() < 1
    assert np.abs(drawn.mean(0) - 0.5).max() < 0.02
    assert np.abs(drawn.var(0) - 1 / 12).max() < 0.004
    assert np.abs(np.corrcoef(drawn.T) - np.eye(6)).max() < 0.06
    # Neighbouring samples have nothing to do with one another.
    pairs = np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())
    assert abs(pairs[0, 1]) < 0.02
    counts, _ = np.histogram(drawn, 100, (0, 1))
    assert counts.min() > 210 and counts.max() < 390


def test_normal_numbers():
    drawn = Chance(3, np.arange(20000)).normal(1, 3)
    assert drawn.shape == (20000, 3) and np.isfinite(drawn).all()
    assert np.abs(drawn.mean(0)).max() < 0.03
    assert np.abs(drawn.std(0) - 1).max() < 0.03
    assert abs((np.abs(drawn) < 1).mean() - 0.6827) < 0.01
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.03


def test_choices():
    uniform = np.array([0.0, 0.2499, 0.25, 0.999999999999])
    assert choose(uniform, 4).tolist() == [0, 0, 1, 3]
    assert choose(uniform, 1).tolist() == [0, 0, 0, 0]
    assert sign(np.array([0.0, 0.49, 0.5, 0.99])).tolist() == [-1, -1, 1, 1]
