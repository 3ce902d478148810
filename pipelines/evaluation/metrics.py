"""Metrics of logits, exact, in NumPy."""

import numpy as np


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Softmax cross-entropy of each example, in nats.

    Args:
        logits: `(examples, classes)`.
        labels: `(examples,)`.
    """
    shifted = logits.astype("float64")
    shifted -= shifted.max(axis=1, keepdims=True)
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
    shifted = logits.astype("float64")
    shifted -= shifted.max(axis=-1, keepdims=True)
    exponentials = np.exp(shifted)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
