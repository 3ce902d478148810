"""What measures maps: against formulas, and where the answer is known."""

import numpy as np
import pytest

from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.faithfulness.figures import figures
from pipelines.evaluation.explanations.faithfulness.imputation import imputed
from pipelines.evaluation.explanations.faithfulness.pointing import pairs
from pipelines.evaluation.explanations.faithfulness.pointing import (
    pointing_game,
)
from pipelines.evaluation.explanations.faithfulness.randomisation import (
    likeness,
)
from pipelines.evaluation.explanations.faithfulness.randomisation import (
    randomised,
)
from pipelines.evaluation.explanations.faithfulness.removal import PARTS
from pipelines.evaluation.explanations.faithfulness.removal import removal
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target


def test_each_missing_pixel_is_the_mean_of_its_neighbours():
    """By sweeps over the picture until nothing moves, not by a solver."""
    random = np.random.default_rng(0)
    picture = random.uniform(0, 255, (7, 6, 3))
    missing = random.random((7, 6)) < 0.7
    found = imputed(picture, missing)
    assert np.allclose(found[~missing], picture[~missing], atol=1e-3)
    swept = np.where(missing[..., None], 128.0, picture)
    for _ in range(2000):
        for y, x in np.argwhere(missing):
            total, weights = 0.0, 0.0
            for down in (-1, 0, 1):
                for right in (-1, 0, 1):
                    inside = 0 <= y + down < 7 and 0 <= x + right < 6
                    if inside and (down or right):
                        weight = 1 / 12 if down and right else 1 / 6
                        total = total + weight * swept[y + down, x + right]
                        weights += weight
            swept[y, x] = total / weights
        if np.abs(swept - found).max() < 1e-3:
            break
    assert np.allclose(found, swept, atol=1e-3)


def test_noise_is_small_and_within_the_range():
    picture, missing = np.full((8, 8, 3), 254.0), np.eye(8, dtype=bool)
    found = imputed(picture, missing, np.random.default_rng(0))
    assert found.max() <= 255 and 0.5 < np.std(found[missing]) < 5
    assert (found[~missing] == 254).all()
    with pytest.raises(ValueError, match="all are missing"):
        imputed(picture, np.ones((8, 8), bool))
    assert (imputed(picture, np.zeros((8, 8), bool)) == 254).all()


class Spot:
    """A network that looks at the left upper quarter and nothing else."""

    def batch_size(self, pixels):
        return 4

    def logits(self, pixels):
        size = pixels.shape[1] // 2
        mean = np.asarray(pixels)[:, :size, :size].mean(axis=(1, 2, 3))
        return np.stack([mean / 20, np.zeros(len(mean))], axis=1)


def test_a_true_map_deletes_and_inserts_better_than_chance():
    random = np.random.default_rng(0)
    pixels = np.zeros((4, 12, 12, 3), "uint8")
    pixels[:, :6, :6] = 250
    pixels += random.integers(0, 5, pixels.shape, "uint8")
    true = np.zeros((4, 12, 12))
    true[:, :6, :6] = 1
    target = Target(np.zeros(4, int))
    right, wrong, chance = (
        removal(Spot(), pixels, target, heats)
        for heats in (true, -true, random.random(true.shape))
    )
    assert (right.whole > 0.99).all() and right.deleted.shape == (4, 5)
    for i in range(4):
        assert right.deletion[i] < chance.deletion[i] < wrong.deletion[i]
        assert right.insertion[i] > chance.insertion[i] > wrong.insertion[i]
    # A quarter is the spot: without it nothing is left of the answer.
    assert right.deleted[:, PARTS.index(0.25)].max() < 0.7


def test_of_a_map_without_heat_chance_takes_pixels():
    pixels = np.zeros((1, 12, 12, 3), "uint8")
    pixels[:, :6, :6] = 250
    target = Target(np.zeros(1, int))
    flat = np.zeros((1, 12, 12))
    first, other = (
        removal(Spot(), pixels, target, flat, seed=seed) for seed in (0, 1)
    )
    assert not np.array_equal(first.deleted, other.deleted)


def test_pairs_are_of_different_classes_and_use_most():
    classes = np.array([0, 0, 0, 1, 1, 2])
    for seed in range(5):
        found = pairs(classes, seed)
        assert len(found) == 3
        assert len({place for pair in found for place in pair}) == 6
        assert all(classes[a] != classes[b] for a, b in found)
    assert pairs(np.zeros(4, int)) == []


def test_heat_on_the_right_half_wins(network, monkeypatch, pixels):
    """Maps whose heat is all where the class is, and all where it is not."""
    from pipelines.evaluation.explanations.faithfulness import pointing

    target = Target(np.array([0, 1, 2]))

    def left(wide, shown, asked, methods, seed):
        assert shown.shape == (2, 16, 32, 3)
        own, other = (
            np.asarray(each.model.weights[0]) for each in (network, wide)
        )
        assert np.array_equal(own, other)
        maps = np.zeros((2, 2, 4))
        # Asked for the left picture's class first, then for the right one's.
        maps[0, :, :2], maps[1, :, 2:] = 1, 1
        return {"right": maps, "wrong": 1 - maps, "none": 0 * maps}

    monkeypatch.setattr(pointing, "explain", left)
    found = pointing_game(network, pixels, target, ("right", "wrong", "none"))
    # Enlarging spreads some heat over the middle.
    assert (found["right"] > 0.85).all() and (found["wrong"] < 0.15).all()
    assert found["none"].tolist() == [0.5, 0.5]
    monkeypatch.undo()
    alone = pointing_game(
        network, pixels, Target(np.zeros(3, int)), ("random",)
    )
    assert len(alone["random"]) == 0


def test_a_network_of_one_size_sees_middle_halves(transformer):
    random = np.random.default_rng(6)
    pixels = random.integers(0, 256, (2, 16, 24, 3), "uint8")
    network = ExplainedNetwork(transformer)
    found = pointing_game(
        network, pixels, Target(np.array([0, 2])), ("grad_cam", "random")
    )
    assert all(len(shares) == 2 for shares in found.values())
    assert 0 <= found["grad_cam"].min() <= found["grad_cam"].max() <= 1


def test_chance_and_random_weights_point_at_nothing(network):
    random = np.random.default_rng(7)
    pixels = random.integers(0, 256, (40, 16, 16, 3), "uint8")
    target = Target(np.arange(40) % 3)
    lost = randomised(network)
    found = pointing_game(lost, pixels, target, ("random", "grad_cam"))
    assert abs(found["random"].mean() - 0.5) < 0.05
    assert abs(found["grad_cam"].mean() - 0.5) < 0.05


def test_random_weights_give_other_maps(network, pixels, target):
    methods = ("grad_cam", "integrated_gradients")
    own = explain(network, pixels, target, methods)
    other = explain(randomised(network), pixels, target, methods)
    for name in methods:
        assert np.abs(likeness(own[name], other[name])).mean() < 0.6
        assert np.allclose(likeness(own[name], own[name]), 1)
    flat = np.ones((1, 4, 4))
    assert likeness(flat, own["grad_cam"][:1, :4, :4]).tolist() == [0]


def test_figures_of_each_method(network):
    """The game is played by what is likeliest, whatever is asked."""
    random = np.random.default_rng(8)
    pixels = random.integers(0, 256, (8, 16, 16, 3), "uint8")
    likeliest = network.logits(pixels).argmax(axis=1)
    assert len(set(likeliest)) > 1
    target = Target(np.zeros(8, int))
    maps = explain(network, pixels, target, ("grad_cam", "random"))
    found = figures(network, pixels, target, maps)
    assert list(found) == ["grad_cam", "random"]
    assert found["grad_cam"].likeness.shape == (8,)
    assert len(found["random"].pointing) == 2 * len(pairs(likeliest))
    assert found["random"].removal.kept.shape == (8, len(PARTS))
