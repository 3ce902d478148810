"""Metrics of logits, exact, in NumPy."""

import numpy as np


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Softmax cross-entropy of each example, in nats.

    Args:
        logits: `(examples, classes)`.
        labels: `(examples,)`.
    """
    shifted = _shifted(logits)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return log_sum - shifted[np.arange(len(labels)), labels]


def in_top(logits: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Whether the label is among the `k` best logits.

    Of equal logits the first one wins, as in argmax. Never where a logit is
    NaN: a broken model is not right.
    """
    own = logits[np.arange(len(labels)), labels][:, np.newaxis]
    earlier = np.arange(logits.shape[1]) < labels[:, np.newaxis]
    ahead = (logits > own) | ((logits == own) & earlier)
    return (ahead.sum(axis=1) < k) & ~np.isnan(logits).any(axis=1)


def classification_metrics(logits: np.ndarray, labels: np.ndarray) -> dict:
    """Returns examples, loss (nats), top1 and top5 (both in 0…1)."""
    return {
        "examples": len(labels),
        "loss": float(cross_entropy(logits, labels).mean()),
        "top1": float(in_top(logits, labels, 1).mean()),
        "top5": float(in_top(logits, labels, 5).mean()),
    }


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis, in float64."""
    exponentials = np.exp(_shifted(logits))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def mean_of_probabilities(logits) -> np.ndarray:
    """Returns logits whose softmax is the mean of several softmax.

    They are the logarithms of the mean, in float64; where there is one only,
    its own logits.

    Args:
        logits: `(…, classes)` of each model, or of each view of pictures.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.metrics import mean_of_probabilities, softmax
    sure, unsure = np.array([[9.0, 0.0]]), np.array([[0.0, 0.0]])
    mean = softmax(mean_of_probabilities([sure, unsure]))
    assert np.allclose(mean, (softmax(sure) + softmax(unsure)) / 2)
    ```
    """
    if len(logits) == 1:
        return logits[0]
    shifted = _shifted(np.stack(logits))
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    # Logarithms of probabilities, so that none of them becomes 0.
    return np.logaddexp.reduce(shifted, axis=0) - np.log(len(logits))


def _shifted(logits: np.ndarray) -> np.ndarray:
    """A copy in float64 whose largest is 0, so that no power overflows."""
    shifted = logits.astype("float64")
    shifted -= shifted.max(axis=-1, keepdims=True)
    return shifted
