"""How good answers are where a picture shows several classes: scikit-learn's.

A class of which no picture is known to show it has no average precision; one
that is neither shown nor said has no F1. Such classes are left out of means.
"""

import numpy as np

from pipelines.tasks.row_blocks import by_blocks

# The largest number that scikit-learn takes for none: infinity is refused.
_MOST = np.finfo("float64").max


def average_precisions(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns the average precision of each class, float64 `(classes,)`.

    `sklearn.metrics.average_precision_score`: the sum over all thresholds of
    the precision times the recall that the threshold adds. NaN for a class
    that no picture shows. A logit that is NaN is behind all others.

    Args:
        logits: `(examples, classes)`.
        targets: 0 or 1, of the same shape.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.multilabel_metrics import average_precisions
    logits = np.array([[4.0], [3.0], [2.0]])
    found = average_precisions(logits, np.array([[1], [0], [1]]))
    assert abs(found[0] - (1 / 1 + 2 / 3) / 2) < 1e-12
    ```
    """
    from sklearn.metrics import average_precision_score

    found = np.full(targets.shape[1], np.nan)
    for label in np.flatnonzero(targets.any(axis=0)):
        scores = np.nan_to_num(
            logits[:, label].astype("float64"),
            nan=-_MOST,
            posinf=_MOST,
            neginf=-_MOST,
        )
        found[label] = average_precision_score(targets[:, label], scores)
    return found


def f1_scores(given: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns F1 of each class, `2 P R / (P + R)`, float64 `(classes,)`.

    NaN for a class that is neither shown nor said.

    Args:
        given: bool `(examples, classes)`: which classes are said.
        targets: 0 or 1, of the same shape.
    """
    found, said, shown = _counts(given, targets, axis=0)
    whole = said + shown
    return np.where(whole > 0, 2 * found / np.maximum(whole, 1), np.nan)


def scores(
    logits: np.ndarray, given: np.ndarray, targets: np.ndarray
) -> dict[str, float]:
    """Returns `map`, `f1_micro`, `f1_macro` and `subset`, each in 0…1.

    Args:
        logits: `(examples, classes)`.
        given: bool, of the same shape: which classes are said.
        targets: 0 or 1, of the same shape.
    """
    found, said, shown = _counts(given, targets, axis=None)
    # A model that is broken is not right where no class is shown.
    exact = by_blocks(_exact, logits, given, targets)
    return {
        "map": _mean(average_precisions(logits, targets)),
        "f1_micro": float(2 * found / max(1, said + shown)),
        "f1_macro": _mean(f1_scores(given, targets)),
        "subset": float(exact.mean()),
    }


def _exact(logits, given, targets) -> np.ndarray:
    return (given == targets).all(axis=1) & ~np.isnan(logits).any(axis=1)


def _counts(given, targets, axis) -> tuple:
    targets = targets.astype(bool)
    return tuple(
        each.sum(axis=axis) for each in (given & targets, given, targets)
    )


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
