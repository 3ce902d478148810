"""Planted label errors are found, by figures."""

import pathlib

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pipelines.audit import unseen_scores as unseen
from pipelines.audit.label_errors import find_noise
from pipelines.audit.label_errors import find_suspects
from pipelines.audit.label_errors import nearest_neighbours
from pipelines.audit.unseen_scores import unseen_scores
from pipelines.evaluation.trust.label_noise import LabelNoise
from pipelines.features.neighbours import normalised


def clusters(classes=4, per_class=100, spread=1.0, seed=0):
    """Features that a straight line tells apart, and their labels."""
    random = np.random.default_rng(seed)
    centres = 4 * np.eye(classes, 16)
    labels = np.repeat(np.arange(classes), per_class)
    noise = random.normal(0, spread, (len(labels), 16))
    return (centres[labels] + noise).astype("float32"), labels


def flip(labels, part, classes, seed=1):
    random = np.random.default_rng(seed)
    flipped = random.random(len(labels)) < part
    shift = random.integers(1, classes, len(labels))
    return np.where(flipped, (labels + shift) % classes, labels), flipped


@pytest.mark.parametrize(("part", "seed"), [(0.02, 0), (0.05, 1), (0.1, 2)])
def test_flipped_labels_are_found_named_and_counted(part, seed):
    features, labels = clusters(seed=seed, spread=0.8)
    given, flipped = flip(labels, part, 4, seed=seed + 10)
    opinion = find_suspects(features, given, 4)
    places = np.array([each.place for each in opinion.suspects])
    missed = flipped.sum() - flipped[places].sum()
    assert missed <= max(1, 0.1 * flipped.sum())
    assert flipped[places].mean() >= 0.9
    right = [labels[each.place] == each.suggested for each in opinion.suspects]
    assert np.mean(right) >= 0.95
    assert opinion.accuracy == pytest.approx(1 - flipped.mean(), abs=0.03)
    expected = sum(each.wrong for each in opinion.suspects)
    assert expected == pytest.approx(flipped[places].sum(), abs=3)
    assert opinion.expected == pytest.approx(flipped.sum(), abs=4)


def test_right_labels_are_not_suspected():
    features, labels = clusters()
    opinion = find_suspects(features, labels, 4)
    assert len(opinion.suspects) <= 2
    assert len(opinion.outliers) <= 2
    assert opinion.expected < 2
    assert opinion.accuracy > 0.98


def test_the_likeliest_comes_first():
    features, labels = clusters()
    given, _ = flip(labels, 0.1, 4)
    suspects = find_suspects(features, given, 4).suspects
    wrong = [each.wrong for each in suspects]
    assert wrong == sorted(wrong, reverse=True)
    assert min(wrong) >= 0.4 and max(wrong) <= 1


def test_the_weaker_the_features_the_fewer_the_doubts():
    """And of those shown as many are wrong as is expected."""
    shown = {}
    for spread in (1.0, 3.0):
        features, labels = clusters(spread=spread)
        given, flipped = flip(labels, 0.1, 4)
        wrong = find_noise(features, given, 4)[0].wrong
        doubted = wrong >= 0.5
        shown[spread] = doubted.sum()
        real = flipped[doubted].sum()
        assert wrong[doubted].sum() == pytest.approx(real, abs=6)
    assert shown[1.0] > 2 * shown[3.0]


def test_an_outlier_comes_first():
    features, labels = clusters(spread=0.5)
    features[123] = 30 * np.ones(16) * (-1) ** np.arange(16)
    assert find_suspects(features, labels, 4).outliers[0].place == 123


def test_classes_of_one_picture_are_passed_over():
    features, labels = clusters(classes=3, per_class=10)
    labels[-10:] = 0
    labels[-1] = 2
    opinion = find_suspects(features, labels, 3)
    assert 29 not in {each.place for each in opinion.suspects}
    assert find_suspects(features, 0 * labels, 3).suspects == ()


def test_few_pictures_of_a_class_are_no_errors():
    """Two right pictures of a rare class beside a hundred of others."""
    features, labels = clusters(per_class=100)
    rare = 8 * np.eye(16)[[9, 9]] + np.random.default_rng(2).normal(
        0, 0.5, (2, 16)
    )
    features = np.concatenate([features, rare.astype("float32")])
    labels = np.append(labels, [4, 4])
    suspects = find_suspects(features, labels, 5).suspects
    assert not {400, 401} & {each.place for each in suspects}


def test_a_class_keeps_pictures_to_learn_from():
    """Else all of a rare class are wrong in the next round, for certain."""
    features, labels = clusters(per_class=100)
    centre = 4.0 * np.eye(16)[0] + np.eye(16)[9]
    rare = centre + np.random.default_rng(9).normal(0, 1, (4, 16))
    features = np.concatenate([features, rare.astype("float32")])
    labels = np.append(labels, [4] * 4)
    assert find_noise(features, labels, 5)[0].wrong[-4:].max() < 0.4


def test_rounds_that_doubt_by_turns_end(monkeypatch):
    """What is learned from comes again: everything, a part, everything."""
    features, labels = clusters(classes=2, per_class=20)
    learned = []

    def scores(features, labels, kept, **_):
        learned.append(int(kept.sum()))
        return np.eye(2)[labels]

    def noise(scores, labels):
        is_doubted = (np.arange(len(labels)) % 10 == 0) & (learned[-1] == 40)
        return LabelNoise(is_doubted * 0.9, scores, 0.1, 0.0)

    monkeypatch.setattr("pipelines.audit.label_errors.unseen_scores", scores)
    monkeypatch.setattr("pipelines.audit.label_errors.estimate_noise", noise)
    monkeypatch.setattr("pipelines.audit.label_errors._ROUNDS", 9)
    find_noise(features, labels, 2)
    assert learned == [40, 40, 40, 36]


def test_many_pictures_are_learned_from_in_part(monkeypatch):
    """And how far it is is told: the parts of it add up."""
    features, labels = clusters(per_class=60)
    given, flipped = flip(labels, 0.05, 4)
    monkeypatch.setattr("pipelines.audit.label_errors.MOST", 60)
    monkeypatch.setattr("pipelines.audit.unseen_scores.LEARNED", 100)
    fitted, told = [], []

    class Counted(LogisticRegression):
        def fit(self, x, y):
            fitted.append(len(x))
            return super().fit(x, y)

    monkeypatch.setattr(
        "pipelines.audit.unseen_scores.LogisticRegression", Counted
    )
    noise, _ = find_noise(
        features, given, 4, progress=lambda *each: told.append(each)
    )
    assert set(fitted[:15]) == {48} and set(fitted[15:]) == {100}
    assert noise.wrong.shape == (240,)
    assert flipped[noise.wrong > 0.5].mean() > 0.8
    done, totals = zip(*told, strict=True)
    assert list(done) == sorted(done) and done[-1] == 3 * 60 + 3 * 240
    assert set(totals) == {done[-1]}


@pytest.mark.parametrize(("most", "matrices"), [(5000, 1), (20, 2)])
def test_tries_share_the_features(monkeypatch, most, matrices):
    features, labels = clusters(classes=2, per_class=20)
    given = []

    def scores(features, labels, kept, **_):
        given.append(features)
        return np.eye(2)[labels]

    monkeypatch.setattr("pipelines.audit.label_errors.MOST", most)
    monkeypatch.setattr("pipelines.audit.label_errors.unseen_scores", scores)
    find_noise(features, labels, 2)
    assert len(given) >= 3
    # Views of one matrix do not count: they are no copies.
    whole = [each if each.base is None else each.base for each in given]
    assert len({id(each) for each in whole}) == matrices


def test_the_page_on_data_says_when_a_part_is_learned_from():
    most = unseen.LEARNED * unseen.FOLDS // (unseen.FOLDS - 1)
    page = pathlib.Path(__file__).parents[3] / "docs" / "data.md"
    assert f"beyond {most:,} a part is" in " ".join(page.read_text().split())


def test_no_picture_is_scored_by_what_has_seen_it():
    """As scikit-learn's own cross-validation does it."""
    from sklearn.model_selection import StratifiedKFold
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer
    from sklearn.preprocessing import StandardScaler

    features, labels = clusters()
    scores = unseen_scores(
        normalised(features), labels, labels >= 0, classes=4, strength=0.1
    )
    expected = cross_val_predict(
        make_pipeline(
            Normalizer(), StandardScaler(), LogisticRegression(C=0.1)
        ),
        features,
        labels,
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        method="decision_function",
    )
    np.testing.assert_allclose(scores, expected, atol=1e-2)


def test_what_is_left_out_is_scored_and_not_learned():
    features, labels = clusters(classes=2)
    given = labels.copy()
    given[:40] = 1
    scores = unseen_scores(
        normalised(features), given, given == labels, classes=2, strength=0.1
    )
    assert (scores[:40].argmax(axis=1) == 0).all()


def test_the_same_seed_gives_the_same_answer():
    features, labels = clusters(per_class=20)
    first, second = (find_noise(features, labels, 4, seed=3)[0] for _ in "ab")
    np.testing.assert_array_equal(first.wrong, second.wrong)


def test_neighbours_are_those_of_comparing_all(monkeypatch):
    monkeypatch.setattr("pipelines.audit.label_errors._CHUNK", 7)
    features, _ = clusters(per_class=10)
    places, distances = nearest_neighbours(features, 3)
    centred = features - features.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    far = 1 - unit @ unit.T + 9 * np.eye(40)
    np.testing.assert_array_equal(places, np.argsort(far, axis=1)[:, :3])
    np.testing.assert_allclose(
        distances, np.sort(far, axis=1)[:, :3], atol=1e-5
    )
