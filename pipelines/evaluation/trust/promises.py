"""From which confidence on answers keep a promise, such as 99 % right.

One half of the answers proposes thresholds, the other half confirms them: each
by the exact binomial test at 95 % (Clopper and Pearson 1934, one-sided), in the
order that was proposed, until one fails. In a fixed order no test costs
another one anything (Maurer, Hothorn and Lehmacher 1995), so that all that is
confirmed holds with 95 %. The first is the one with the most evidence for it,
then lower ones: more answers, closer to the promise.
"""

import dataclasses
import math

import numpy as np

from pipelines.evaluation.trust.selective import RiskCoverage
from pipelines.evaluation.trust.selective import risk_coverage
from zoo.errors import DataError

CONFIDENCE = 0.95
# How many lower thresholds than the first are tried, at even steps.
_STEPS = 20


@dataclasses.dataclass(frozen=True)
class Promise:
    """A threshold whose answers keep a promise, and what confirmed it.

    Args:
        precision: What was promised: the share that is right, in 0…1.
        threshold: The least confidence of an answer.
        answered: How many of the answers that confirm are so sure.
        right: How many of these are right.
        total: How many there are.
        low: What precision they leave no less than, with 95 %.
    """

    precision: float
    threshold: float
    answered: int
    right: int
    total: int
    low: float

    @property
    def told(self) -> str:
        """One line for a person."""
        return (
            f"promised: {self.precision:.2%} right. From {self.threshold:.2%} "
            f"on an answer is given: of {self.total:,} held-out pictures that "
            f"chose nothing, {self.answered:,} are answered and {self.right:,} "
            f"right, which is at least {self.low:.2%} with 95 % confidence"
        )


def faultless(precision: float, confidence: float = CONFIDENCE) -> int:
    """Returns how many answers, all of them right, confirm a precision.

    Args:
        precision: Above 0 and below 1.
        confidence: How sure that is to be, in 0…1.

    Example:

    ```python
    from pipelines.evaluation.trust.promises import faultless
    assert (faultless(0.98), faultless(0.99)) == (149, 299)
    ```
    """
    return math.ceil(math.log(1 - confidence) / math.log(precision))


def lowest_precision(
    right: int, answered: int, confidence: float = CONFIDENCE
) -> float:
    """Returns the least precision that so many right answers leave.

    The one-sided bound of Clopper and Pearson (1934).

    Example:

    ```python
    from pipelines.evaluation.trust.promises import lowest_precision
    assert 0.98 < lowest_precision(149, 149) < 0.9801
    ```
    """
    from scipy import stats

    if not right:
        return 0.0
    return float(stats.beta.ppf(1 - confidence, right, answered - right + 1))


def keep_promise(
    confidence: np.ndarray,
    right: np.ndarray,
    proposes: np.ndarray,
    precision: float,
) -> Promise:
    """Finds the lowest threshold that a promise is confirmed for.

    Args:
        confidence: float `(answers,)`, of pictures that nothing was learned
            from.
        right: bool `(answers,)`.
        proposes: bool `(answers,)`: those that propose; the others confirm.
        precision: What is promised, above 0 and below 1.

    Raises:
        DataError: There are too few answers, or too many are wrong.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.trust.promises import keep_promise
    confidence = np.repeat([0.9, 0.6], 400)
    right = np.arange(800) < 600
    kept = keep_promise(confidence, right, np.arange(800) % 2 == 0, 0.98)
    assert (kept.threshold, kept.answered, kept.right) == (0.9, 200, 200)
    ```
    """
    needed = faultless(precision)
    confirming = int((~proposes).sum())
    if confirming < needed or not proposes.any():
        raise DataError(
            f"{precision:g} cannot be promised: to confirm it at 95 % "
            f"confidence {needed:,} held-out answers without a fault are "
            f"needed, and there are {confirming:,}, beside the half that "
            "proposes a threshold. Promise less, or hold out more pictures."
        )
    proposed = _proposed(
        risk_coverage(confidence[proposes], right[proposes]), precision
    )
    sure, is_right = confidence[~proposes], right[~proposes]
    kept = None
    for threshold in proposed:
        given = sure >= threshold
        answered, found = int(given.sum()), int(is_right[given].sum())
        low = lowest_precision(found, answered) if answered else 0.0
        if low < precision:
            break
        kept = Promise(
            precision, float(threshold), answered, found, confirming, low
        )
    if kept is None:
        raise DataError(
            f"{precision:g} cannot be promised: the surest answers do not keep "
            f"it. At {proposed[0]:.2%} and above, {found:,} of {answered:,} "
            "held-out answers are right, which is at least "
            f"{low:.2%} with 95 % confidence. Promise less, or train a better "
            "model."
        )
    return kept


def _proposed(curve: RiskCoverage, precision: float) -> np.ndarray:
    """Returns the threshold with the most evidence, then lower ones."""
    from scipy import stats

    # How likely no more were wrong, were the precision as promised.
    chance = stats.binom.logcdf(curve.wrong, curve.answered, 1 - precision)
    first = int(np.argmin(chance))
    lower = np.linspace(first, len(chance) - 1, _STEPS + 1).round().astype(int)
    return curve.threshold[np.unique(lower)]
