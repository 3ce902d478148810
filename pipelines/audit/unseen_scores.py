"""What a classifier of features says of pictures that it has not seen."""

import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from pipelines.features.neighbours import normalised

FOLDS = 5
_ITERATIONS = 200
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
) -> np.ndarray:
    """Scores every picture by a logistic regression that has not seen it.

    It is of features of length 1, so that none that lies far out weighs more
    than others, and standardised.

    Args:
        features: float `(pictures, size)`.
        labels: int `(pictures,)`.
        learned: bool `(pictures,)`: which may be learned from.
        classes: How many there are.
        strength: The inverse of the penalty on standardised features.
        seed: Decides the folds.

    Returns:
        float64 `(pictures, classes)`, logits.
    """
    scores = np.full((len(labels), classes), _NEVER)
    features = normalised(features)
    folds = min(FOLDS, int(np.bincount(labels).max()))
    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    # Threads cost more than such small problems gain by them. Not converged
    # to the last digit is good enough, and classes may be smaller than folds.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for learn, judge in parts.split(features, labels):
            learn = learn[learned[learn]]
            if len(np.unique(labels[learn])) < 2:
                continue
            scale = StandardScaler().fit(features[learn])
            model = LogisticRegression(C=strength, max_iter=_ITERATIONS)
            model.fit(scale.transform(features[learn]), labels[learn])
            found = model.decision_function(scale.transform(features[judge]))
            if found.ndim == 1:
                found = np.stack([-found / 2, found / 2], axis=1)
            scores[np.ix_(judge, model.classes_)] = found
    return scores
