"""What a classifier of features says of pictures that it has not seen."""

import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from pipelines.features.probe import some_of_each

FOLDS = 5
_ITERATIONS = 200
# Pictures that a fold's regression learns from: with more of them a regression
# takes minutes, and what it says hardly changes.
LEARNED = 10_000
# Of a class that the pictures learned from do not show, in logits.
_NEVER = -1e3


def unseen_scores(
    features: np.ndarray,
    labels: np.ndarray,
    learned: np.ndarray,
    *,
    classes: int,
    strength: float,
    seed: int = 0,
    told=None,
) -> np.ndarray:
    """Scores every picture by a logistic regression that has not seen it.

    It is of standardised features. It learns from at most `LEARNED` pictures,
    as large a part of each class.

    Args:
        features: float `(pictures, size)`, of length 1 each, so that none
            that lies far out weighs more than others; not copied.
        labels: int `(pictures,)`.
        learned: bool `(pictures,)`: which may be learned from.
        classes: How many there are.
        strength: The inverse of the penalty on standardised features.
        seed: Decides the folds, and the choice among very many pictures.
        told: Called with the number of pictures scored since it last was.

    Returns:
        float64 `(pictures, classes)`, logits.
    """
    scores = np.full((len(labels), classes), _NEVER)
    folds = min(FOLDS, int(np.bincount(labels).max()))
    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    # Threads cost more than such small problems gain by them. Not converged
    # to the last digit is good enough, and classes may be smaller than folds.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for learn, judge in parts.split(features, labels):
            learn = learn[learned[learn]]
            learn = learn[some_of_each(labels[learn], LEARNED, seed)]
            if len(np.unique(labels[learn])) > 1:
                found, shown = _scores(features, labels, learn, judge, strength)
                scores[np.ix_(judge, shown)] = found
            if told:
                told(len(judge))
    return scores


def _scores(features, labels, learn, judge, strength):
    """Returns the logits of a fold, and which classes they are of."""
    scale = StandardScaler().fit(features[learn])
    model = LogisticRegression(C=strength, max_iter=_ITERATIONS)
    model.fit(scale.transform(features[learn]), labels[learn])
    found = model.decision_function(scale.transform(features[judge]))
    if found.ndim == 1:
        found = np.stack([-found / 2, found / 2], axis=1)
    return found, model.classes_
