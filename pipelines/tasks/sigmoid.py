"""Sigmoid in float64, written out once: probabilities and their logarithms."""

import numpy as np

from pipelines.tasks.row_blocks import by_blocks


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of each class by itself, in float64."""
    return np.exp(log_sigmoid(logits))


def log_sigmoid(logits: np.ndarray) -> np.ndarray:
    """Logarithms of the probabilities, so that none of them becomes 0."""
    # NaN stays NaN. Taken from 0, so that none is -0.
    with np.errstate(invalid="ignore"):
        return 0 - np.logaddexp(0, -logits.astype("float64"))


def cross_entropy(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Sigmoid cross-entropy of each example: its sum over classes, in nats.

    Args:
        logits: `(examples, classes)`.
        targets: 0 or 1, of the same shape.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.sigmoid import cross_entropy
    (loss,) = cross_entropy(np.zeros((1, 2)), np.array([[1, 0]]))
    assert abs(loss - 2 * np.log(2)) < 1e-12
    ```
    """
    return by_blocks(_cross_entropy, logits, targets)


def _cross_entropy(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    signed = np.where(targets, logits, -logits)
    return -log_sigmoid(signed).sum(axis=1)


def mean_of_probabilities(logits) -> np.ndarray:
    """Returns logits whose sigmoid is the mean of several sigmoids.

    Where there is one only, its own logits.

    Args:
        logits: `(…, classes)` of each model, or of each view of pictures.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.sigmoid import mean_of_probabilities, sigmoid
    sure, unsure = np.array([9.0]), np.array([0.0])
    mean = sigmoid(mean_of_probabilities([sure, unsure]))
    assert np.allclose(mean, (sigmoid(sure) + sigmoid(unsure)) / 2)
    ```
    """
    if len(logits) == 1:
        return logits[0]
    each = np.stack(logits)
    yes = np.logaddexp.reduce(log_sigmoid(each), axis=0)
    return yes - np.logaddexp.reduce(log_sigmoid(-each), axis=0)
