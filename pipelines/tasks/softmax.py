"""Softmax in float64, written out once: probabilities and their logarithms."""

import numpy as np

from pipelines.tasks.row_blocks import by_blocks


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis, in float64."""
    _, exponentials, total = _parts(logits)
    return exponentials / total


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Logarithms of the probabilities, so that none of them becomes 0."""
    shifted, _, total = _parts(logits)
    shifted -= np.log(total)
    return shifted


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Softmax cross-entropy of each example, in nats.

    Args:
        logits: `(examples, classes)`.
        labels: `(examples,)`.
    """
    return by_blocks(_cross_entropy, logits, labels)


def _cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    # Taken from 0, so that no loss is -0.
    return 0 - log_softmax(logits)[np.arange(len(labels)), labels]


def mean_of_probabilities(logits) -> np.ndarray:
    """Returns logits whose softmax is the mean of several softmax.

    They are the logarithms of the mean, in float64; where there is one only,
    its own logits.

    Args:
        logits: `(…, classes)` of each model, or of each view of pictures.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.softmax import mean_of_probabilities, softmax
    sure, unsure = np.array([[9.0, 0.0]]), np.array([[0.0, 0.0]])
    mean = softmax(mean_of_probabilities([sure, unsure]))
    assert np.allclose(mean, (softmax(sure) + softmax(unsure)) / 2)
    ```
    """
    if len(logits) == 1:
        return logits[0]
    each = log_softmax(np.stack(logits))
    return np.logaddexp.reduce(each, axis=0) - np.log(len(logits))


def _parts(logits: np.ndarray):
    """Returns logits whose largest is 0, so that no power overflows.

    And their exponentials, and what these add up to.
    """
    shifted = logits.astype("float64")
    shifted -= shifted.max(axis=-1, keepdims=True)
    exponentials = np.exp(shifted)
    return shifted, exponentials, exponentials.sum(axis=-1, keepdims=True)
