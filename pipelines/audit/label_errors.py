"""Ranking pictures whose label is likely wrong, and pictures unlike all others.

Both work on features of a pretrained network. A classifier of the features
that has not seen a picture is asked for its class (the principle of Northcutt,
Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset
Labels", JAIR 2021), and `label_noise` how likely the label is then wrong. What
is likely wrong is not learned from in the next round, save that a class keeps
the better half of its pictures: without any it would be wrong everywhere.
"""

import dataclasses

import numpy as np

from pipelines.audit.unseen_scores import unseen_scores
from pipelines.evaluation.trust.label_noise import LabelNoise
from pipelines.evaluation.trust.label_noise import estimate_noise
from pipelines.features.neighbours import normalised
from pipelines.features.probe import MOST
from pipelines.features.probe import some_of_each
from pipelines.waiting.work import work

NEIGHBOURS = 10
# A label is not learned from where it is rather wrong than right, and shown
# somewhat before: on the herbarium, by which this was chosen, 91.7 % of planted
# errors are shown for 90.0 %, and 87.8 % of those shown are for 90.5 %
# (`python -m apps.benchmark labels --data=herbarium`, with this at 0.5 too).
TRUSTED = 0.5
DOUBTED = 0.4
# Inverse penalties, of which the one is taken that makes the labels likeliest:
# those of at most `MOST` pictures.
STRENGTHS = (0.003, 0.03, 0.3)
_ROUNDS = 3
# Robust standard deviations above the median distance to the neighbours
# (Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993, section 3).
OUTLIER_SCORE = 3.5
_CHUNK = 1024


@dataclasses.dataclass(frozen=True)
class Suspect:
    """A picture whose label is likely wrong.

    Args:
        place: Which picture.
        suggested: The label that fits better.
        wrong: How likely its label is wrong, in 0.4…1.
        agreeing: The part of its nearest neighbours with the label it has.
        neighbours: The places of the nearest.
    """

    place: int
    suggested: int
    wrong: float
    agreeing: float
    neighbours: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Outlier:
    """A picture unlike all others.

    Args:
        place: Which picture.
        score: How many robust standard deviations its distance to its
            neighbours lies above the median.
    """

    place: int
    score: float


@dataclasses.dataclass(frozen=True)
class Opinion:
    """What features say of labels.

    Args:
        suspects: Likely label errors, the likeliest first.
        outliers: Pictures unlike all others, the strangest first.
        accuracy: How many labels a classifier tells right of pictures it has
            not seen, in 0…1; None where fewer than two classes have two.
        expected: How many labels are wrong, in all, by expectation.
    """

    suspects: tuple[Suspect, ...]
    outliers: tuple[Outlier, ...]
    accuracy: float | None
    expected: float


def nearest_neighbours(
    features: np.ndarray, count: int = NEIGHBOURS
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the most similar others of every picture, by cosine.

    Args:
        features: float of shape `(pictures, size)`.
        count: How many; fewer where there are fewer pictures.

    Returns:
        Places and cosine distances in 0…2, both `(pictures, count)`, the
        nearest first.
    """
    unit = features - features.mean(axis=0)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-9)
    unit = unit.astype("float32")
    count = min(count, len(unit) - 1)
    places = np.empty((len(unit), count), "int64")
    distances = np.empty((len(unit), count), "float32")
    for start in range(0, len(unit), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(unit)))
        far = 1 - unit[rows] @ unit.T
        far[rows - start, rows] = np.inf
        near = np.argpartition(far, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(far, near, 1), axis=1)
        places[rows] = np.take_along_axis(near, order, 1)
        distances[rows] = np.take_along_axis(far, places[rows], 1)
    return places, distances


def find_noise(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    seed: int = 0,
    progress=None,
) -> tuple[LabelNoise, float]:
    """Finds how likely each label is wrong.

    Args:
        features: float of shape `(pictures, size)`.
        labels: int of shape `(pictures,)`, two of them different.
        classes: How many there are.
        seed: Decides the folds, and the choice among many pictures.
        progress: Called with the numbers of pictures judged and in all; each
            is judged several times.

    Returns:
        What the labels are like, and how many the classifier tells right of
        pictures it has not seen, in 0…1.
    """

    features = normalised(features)
    chosen = some_of_each(labels, MOST, seed)
    is_part = len(chosen) < len(labels)
    steps = len(chosen) * len(STRENGTHS)
    few = features[chosen] if is_part else features
    steps += len(labels) * (_ROUNDS - 1 + is_part)
    told = _counted(progress, steps)

    def judged(strength, learned, features, places):
        scores = unseen_scores(
            features,
            labels[places],
            learned[places],
            classes=classes,
            strength=strength,
            seed=seed,
            told=told,
        )
        right = scores.argmax(axis=1) == labels[places]
        return estimate_noise(scores, labels[places]), right

    everything, learned = slice(None), np.ones(len(labels), bool)
    tried = {each: judged(each, learned, few, chosen) for each in STRENGTHS}
    strength = max(tried, key=lambda each: tried[each][0].likelihood)
    noise, right = (
        judged(strength, learned, features, everything)
        if is_part
        else tried[strength]
    )
    before = []
    for _ in range(_ROUNDS - 1):
        before.append(learned)
        learned = trusted(noise.wrong, labels)
        # Else two rounds may doubt by turns what the other one trusts.
        if any((learned == each).all() for each in before):
            break
        noise, right = judged(strength, learned, features, everything)
    if progress:
        progress(steps, steps)
    return noise, float(right.mean())


def _counted(progress, total: int):
    """Returns what is told of parts, and tells of their sum."""
    done = 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        if progress and done < total:
            progress(done, total)

    return told


def trusted(wrong: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns which pictures are learned from in the next round.

    Args:
        wrong: float `(pictures,)`: how likely each label is wrong, in 0…1.
        labels: int `(pictures,)`.

    Returns:
        bool `(pictures,)`: what is rather right than wrong, and of every
        class the half that is likeliest right.

    Example:

    ```python
    import numpy as np
    from pipelines.audit.label_errors import trusted
    wrong = np.array([0.1, 0.9, 0.8, 0.6, 0.7])
    learned = trusted(wrong, np.array([0, 0, 1, 1, 1]))
    assert learned.tolist() == [True, False, False, True, True]
    ```
    """
    learned = wrong < TRUSTED
    counts = np.bincount(labels)
    by_class = np.lexsort((wrong, labels))
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(labels)) - starts[labels[by_class]]
    learned[by_class[2 * rank < counts[labels[by_class]]]] = True
    return learned


@work("looking for label errors")
def find_suspects(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    seed: int = 0,
    progress=None,
) -> Opinion:
    """Ranks likely label errors and outliers, the likeliest first.

    Classes of one picture leave nothing to compare it with, and are passed
    over.

    Args:
        features: float of shape `(pictures, size)`.
        labels: int of shape `(pictures,)`, each in 0…classes-1.
        classes: How many there are.
        seed: Decides the folds, and the choice among many pictures.
        progress: As for `find_noise`.
    """
    near, distances = nearest_neighbours(features)
    outliers = tuple(_outliers(distances.mean(axis=1)))
    places = np.flatnonzero(np.bincount(labels)[labels] > 1)
    if len(np.unique(labels[places])) < 2:
        return Opinion((), outliers, None, 0.0)
    noise, accuracy = find_noise(
        features[places], labels[places], classes, seed, progress
    )
    others = noise.probabilities.copy()
    others[np.arange(len(places)), labels[places]] = -1
    order = np.argsort(-noise.wrong, kind="stable")
    suspects = tuple(
        Suspect(
            int(places[i]),
            int(others[i].argmax()),
            float(noise.wrong[i]),
            float((labels[near[places[i]]] == labels[places[i]]).mean()),
            tuple(int(j) for j in near[places[i]]),
        )
        for i in order
        if noise.wrong[i] >= DOUBTED
    )
    return Opinion(suspects, outliers, accuracy, float(noise.wrong.sum()))


def _outliers(distances: np.ndarray) -> list[Outlier]:
    median = np.median(distances)
    spread = 1.4826 * np.median(np.abs(distances - median))
    scores = (distances - median) / max(spread, 1e-6)
    order = np.argsort(-scores, kind="stable")
    return [
        Outlier(int(i), float(scores[i]))
        for i in order
        if scores[i] > OUTLIER_SCORE
    ]
