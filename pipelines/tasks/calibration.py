"""Whether a model is as often right as it says.

Guo et al., "On Calibration of Modern Neural Networks", 2017, section 2.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np

BINS = 15


@dataclasses.dataclass(frozen=True, eq=False)
class Calibration:
    """Answers sorted into bins of equal width by their confidence.

    Args:
        count: int `(bins,)`: how many answers are in each.
        confidence: float `(bins,)`: their mean confidence; NaN where none.
        accuracy: float `(bins,)`: the share that is right; NaN where none.
    """

    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error, in 0…1 (equation 3)."""
        if not self.count.sum():
            return float("nan")
        gap = np.abs(self.accuracy - self.confidence)
        return float(np.nansum(gap * self.count) / self.count.sum())

    @property
    def excess(self) -> float:
        """By how much it is surer than right, on the mean; may be negative."""
        if not self.count.sum():
            return float("nan")
        gap = self.confidence - self.accuracy
        return float(np.nansum(gap * self.count) / self.count.sum())


def calibrate(
    confidence: np.ndarray, right: np.ndarray, bins: int = BINS
) -> Calibration:
    """Compares how sure answers are with how often they are right.

    Args:
        confidence: `(answers,)`: the probability of the class answered, in
            0…1.
        right: bool `(answers,)`.
        bins: How many; bin `i` is `(i / bins, (i + 1) / bins]`.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.calibration import calibrate
    sure = calibrate(np.full(4, 0.9), np.array([True, True, True, False]))
    assert round(sure.error, 9) == 0.15
    ```
    """
    return calibrate_parts([(confidence, right)], bins)


def calibrate_parts(
    parts: Iterable[tuple[np.ndarray, np.ndarray]], bins: int = BINS
) -> Calibration:
    """Compares what `calibrate` does of answers that come in parts.

    Args:
        parts: The confidence and the right ones of some answers each.
        bins: As for `calibrate`.
    """
    count = np.zeros(bins, "int64")
    confidences, rights = np.zeros(bins), np.zeros(bins)
    for confidence, right in parts:
        place = np.ceil(np.asarray(confidence, "float64") * bins).astype(int)
        place = np.clip(place - 1, 0, bins - 1)
        # One after another, so that how they are parted changes no digit.
        np.add.at(count, place, 1)
        np.add.at(confidences, place, confidence)
        np.add.at(rights, place, right)
    filled = np.where(count, count, np.nan)
    return Calibration(count, confidences / filled, rights / filled)
