"""How well a score tells known pictures from others."""

import dataclasses

import numpy as np

# Of the known pictures, how many are to be taken for known.
KEPT = 0.95


@dataclasses.dataclass(frozen=True)
class Separation:
    """Two sets of pictures, told apart by one score.

    Args:
        score: What it is called.
        auroc: How likely a known picture scores above another one, in 0…1;
            0.5 says nothing. Ties count half.
        fpr95: The share of the others that is taken for known where 95 % of
            the known are (Hendrycks and Gimpel 2017; Liang et al. 2018).
    """

    score: str
    auroc: float
    fpr95: float


def separation(score: str, known: np.ndarray, others: np.ndarray) -> Separation:
    """Measures how well a score tells two sets apart.

    Args:
        score: What it is called.
        known: float `(pictures,)`: of what was learned; higher is better
            known.
        others: The same of pictures that show something else.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.trust.separation import separation
    found = separation("any", np.array([3.0, 2.0, 1.0]), np.array([0.0, 2.5]))
    assert round(found.auroc, 4) == round(4 / 6, 4) and found.fpr95 == 0.5
    ```
    """
    from sklearn import metrics

    scores = np.concatenate([known, others])
    is_known = np.arange(len(scores)) < len(known)
    threshold = keeping(known)
    return Separation(
        score,
        float(metrics.roc_auc_score(is_known, scores)),
        float((others >= threshold).mean()),
    )


def keeping(known: np.ndarray, share: float = KEPT) -> float:
    """Returns the highest threshold that at least a share reaches.

    Args:
        known: float `(pictures,)`, at least one.
        share: Above 0, at most 1.
    """
    ranked = np.sort(np.asarray(known, "float64"))[::-1]
    # As a count of pictures: 0.95 * 20 is 19.000000000000000 or a bit more.
    needed = int(np.ceil(round(share * len(ranked), 9)))
    return float(ranked[needed - 1])
