"""Ranking pictures whose label is likely wrong, and pictures unlike all others.

Both work on features of a pretrained network. A label is suspected by
confident learning (Northcutt, Jiang and Chuang, "Confident Learning:
Estimating Uncertainty in Dataset Labels", JAIR 2021, section 3.1: a classifier
that has not seen the picture is as sure of another class as it is, on average,
of that class's own pictures) together with the nearest neighbours, which also
speak where the classifier is less sure.
"""

import dataclasses
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

NEIGHBOURS = 10
FOLDS = 5
HALF, HARDLY = 0.5, 0.1
# Robust standard deviations above the median distance to the neighbours
# (Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993, section 3).
OUTLIER_SCORE = 3.5
_CHUNK = 1024
_ITERATIONS = 200


@dataclasses.dataclass(frozen=True)
class Suspect:
    """A picture whose label is likely wrong.

    Args:
        place: Which picture.
        suggested: The label that fits better.
        given_probability: Of the label it has, in 0…1.
        suggested_probability: Of the label that fits better.
        agreeing: The part of its nearest neighbours with the label it has.
        neighbours: The places of the nearest.
    """

    place: int
    suggested: int
    given_probability: float
    suggested_probability: float
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


def held_out_probabilities(
    features: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0
) -> np.ndarray:
    """Predicts every picture by a classifier that has not seen it.

    A logistic regression on standardised features, in `FOLDS` folds, fewer
    where a class has fewer pictures.

    Args:
        features: float of shape `(pictures, size)`.
        labels: int of shape `(pictures,)`.
        classes: How many there are.
        seed: Decides the folds.

    Returns:
        float `(pictures, classes)`; rows of NaN where classes of one picture
        leave nothing to learn from.
    """
    counts = np.bincount(labels, minlength=classes)
    known = counts[labels] > 1
    probabilities = np.full((len(labels), classes), np.nan)
    present = counts[counts > 1]
    if len(present) < 2:
        return probabilities
    places = np.flatnonzero(known)
    folds = StratifiedKFold(
        min(FOLDS, int(present.min())), shuffle=True, random_state=seed
    )
    for learn, judge in folds.split(places, labels[places]):
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.1, max_iter=_ITERATIONS)
        )
        with warnings.catch_warnings():
            # Not converged to the last digit is good enough here.
            warnings.simplefilter("ignore")
            model.fit(features[places[learn]], labels[places[learn]])
        found = model.predict_proba(features[places[judge]])
        row = np.zeros((len(judge), classes))
        row[:, model.classes_] = found
        probabilities[places[judge]] = row
    return probabilities


def confident_thresholds(
    probabilities: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Returns from which probability on a class is sure of a picture.

    That is the mean that it gives to pictures labelled so; never sure are
    classes without a picture.

    Args:
        probabilities: Held-out ones, `(pictures, classes)`; rows of NaN are
            passed over.
        labels: int of shape `(pictures,)`.
    """
    known = ~np.isnan(probabilities[:, 0])
    thresholds = np.full(probabilities.shape[1], np.inf)
    for label in np.unique(labels[known]):
        members = known & (labels == label)
        thresholds[label] = probabilities[members, label].mean()
    return thresholds


def likely_wrong(
    probabilities: np.ndarray, labels: np.ndarray, agreeing: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Chooses the pictures that two opinions hold for wrongly labelled.

    The classifier finds another class likelier. It is sure of that and at
    most half of the neighbours have the label given, or it is not and next
    to none of them has it.

    Args:
        probabilities: Held-out ones, `(pictures, classes)`; rows of NaN are
            passed over.
        labels: int of shape `(pictures,)`.
        agreeing: Which part of each picture's neighbours has its label.

    Returns:
        Their places and the class each belongs to instead, those of the
        lowest margin (given less suggested probability) first.
    """
    rows = np.arange(len(labels))
    known = ~np.isnan(probabilities[:, 0])
    suggested = np.where(known, probabilities.argmax(axis=1), labels)
    highest = probabilities[rows, suggested]
    sure = highest >= confident_thresholds(probabilities, labels)[suggested]
    doubted = agreeing <= np.where(sure, HALF, HARDLY)
    places = np.flatnonzero((suggested != labels) & doubted)
    margins = probabilities[rows, labels] - highest
    places = places[np.argsort(margins[places], kind="stable")]
    return places, suggested[places]


def find_suspects(
    features: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0
) -> tuple[list[Suspect], list[Outlier], float]:
    """Ranks likely label errors and outliers, the likeliest first.

    Args:
        features: float of shape `(pictures, size)`.
        labels: int of shape `(pictures,)`, each in 0…classes-1.
        classes: How many there are.
        seed: Decides the folds.

    Returns:
        Both rankings, and how many labels the classifier tells right of
        pictures it has not seen, in 0…1.
    """
    places, distances = nearest_neighbours(features)
    agreeing = (labels[places] == labels[:, None]).mean(axis=1)
    probabilities = held_out_probabilities(features, labels, classes, seed)
    suspects = [
        Suspect(
            int(i),
            int(other),
            float(probabilities[i, labels[i]]),
            float(probabilities[i, other]),
            float(agreeing[i]),
            tuple(int(j) for j in places[i]),
        )
        for i, other in zip(
            *likely_wrong(probabilities, labels, agreeing), strict=True
        )
    ]
    known = ~np.isnan(probabilities[:, 0])
    right = probabilities[known].argmax(axis=1) == labels[known]
    accuracy = float(right.mean()) if known.any() else 0.0
    return suspects, _outliers(distances.mean(axis=1)), accuracy


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
