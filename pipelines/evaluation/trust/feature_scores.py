"""How well known a picture looks beside pictures that are known.

Both scores are of features, the vector in front of the classifier, and higher
is better known.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

# Which neighbour's distance counts. Sun et al. take the 50th of 50,000; a
# handful of pictures has no such.
NEIGHBOUR = 10


@dataclasses.dataclass(frozen=True, eq=False)
class KnownFeatures:
    """Features of pictures that are known.

    Args:
        features: float `(pictures, width)`, at least two.
        labels: int `(pictures,)`: their classes.
    """

    features: np.ndarray
    labels: np.ndarray


def nearest(known: KnownFeatures, features: np.ndarray) -> np.ndarray:
    """Scores by the distance to the 10th nearest known picture, negative.

    Of features made as long as one (Sun et al., "Out-of-Distribution Detection
    with Deep Nearest Neighbors", ICML 2022, section 3), in -2…0; of fewer
    known pictures the farthest one's.

    Args:
        known: What is known.
        features: float `(pictures, width)`.

    Returns:
        float64 `(pictures,)`.
    """
    from sklearn.neighbors import NearestNeighbors

    count = min(NEIGHBOUR, len(known.features))
    index = NearestNeighbors(n_neighbors=count, algorithm="brute")
    index.fit(_of_length_one(known.features))
    distances, _ = index.kneighbors(_of_length_one(features))
    return -distances[:, -1]


def mahalanobis(known: KnownFeatures, features: np.ndarray) -> np.ndarray:
    """Scores by the distance to the nearest class's mean, negative.

    Lee et al., "A Simple Unified Framework for Detecting Out-of-Distribution
    Samples and Adversarial Attacks", NeurIPS 2018, section 2.1, of the last
    features alone, squared. The covariance that all classes share is shrunk
    (Ledoit and Wolf 2004): few pictures do not give one that can be inverted.

    Args:
        known: What is known.
        features: float `(pictures, width)`.

    Returns:
        float64 `(pictures,)`.
    """
    from sklearn.covariance import ledoit_wolf

    held = known.features.astype("float64")
    shown, place = np.unique(known.labels, return_inverse=True)
    means = np.stack([held[place == i].mean(axis=0) for i in range(len(shown))])
    covariance, _ = ledoit_wolf(held - means[place], assume_centered=True)
    # A feature that never moves gives no distance, and no infinity.
    precision = np.linalg.pinv(covariance, hermitian=True)
    distances = np.empty((len(features), len(shown)))
    for i, mean in enumerate(means):
        away = features.astype("float64") - mean
        distances[:, i] = ((away @ precision) * away).sum(axis=1)
    return -distances.min(axis=1)


def _of_length_one(features: np.ndarray) -> np.ndarray:
    features = features.astype("float64")
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(lengths > 0, lengths, 1)


FEATURE_SCORES: dict[str, Callable] = {
    "mahalanobis": mahalanobis,
    "nearest": nearest,
}
