"""What is gained by staying silent: risk against coverage.

El-Yaniv and Wiener, "On the Foundations of Noise-free Selective
Classification", JMLR 2010, section 2: of the answers that are at least so
sure, how many there are (coverage) and how many of them are wrong (risk).
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Answers from the surest on, equally sure ones together.

    Args:
        threshold: float `(steps,)`: the least confidence that is answered,
            falling.
        answered: int `(steps,)`: how many answers are at least so sure.
        wrong: int `(steps,)`: how many of these are wrong.
        total: How many there are in all.
    """

    threshold: np.ndarray
    answered: np.ndarray
    wrong: np.ndarray
    total: int

    @property
    def coverage(self) -> np.ndarray:
        """The share that is answered, in 0…1."""
        return self.answered / self.total

    @property
    def risk(self) -> np.ndarray:
        """The share of the answered that is wrong, in 0…1."""
        return self.wrong / self.answered

    @property
    def area(self) -> float:
        """The mean risk over all coverages (AURC), in 0…1.

        Each answer has the risk of those that are at least as sure; equally
        sure ones share theirs, so that their order does not matter (Geifman,
        Uziel and El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep
        Neural Classifiers", ICLR 2019, section 2).
        """
        new = np.diff(self.answered, prepend=0)
        return float((self.risk * new).sum() / self.total)


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> RiskCoverage:
    """Orders answers by how sure they are.

    Args:
        confidence: float `(answers,)`, at least one.
        right: bool `(answers,)`.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.trust.selective import risk_coverage
    right = np.array([True, True, False, True])
    found = risk_coverage(np.array([0.9, 0.8, 0.7, 0.7]), right)
    assert found.threshold.tolist() == [0.9, 0.8, 0.7]
    assert found.risk.tolist() == [0, 0, 0.25] and found.area == 0.125
    ```
    """
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    return RiskCoverage(
        ranked[last],
        last + 1,
        np.cumsum(~right[order])[last],
        len(order),
    )
