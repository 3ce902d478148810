"""What a classifier says of pictures, and what is so."""

import dataclasses

import numpy as np

from pipelines.tasks.row_blocks import row_blocks
from pipelines.tasks.softmax import softmax


@dataclasses.dataclass(frozen=True, eq=False)
class Answers:
    """What a model says of some pictures.

    Args:
        best: int `(examples,)`: the likeliest class; -1 where a logit is NaN
            or infinite.
        confidence: float `(examples,)`: its probability, in 0…1; 0 there.
        labels: int `(examples,)`: what is so.
    """

    best: np.ndarray
    confidence: np.ndarray
    labels: np.ndarray

    @classmethod
    def of(cls, logits: np.ndarray, labels: np.ndarray) -> "Answers":
        """Reads logits `(examples, classes)`, a few rows at a time."""
        best = np.empty(len(logits), "int64")
        confidence = np.empty(len(logits))
        for rows in row_blocks(logits.shape):
            part = logits[rows].astype("float64")
            broken = (np.isnan(part) | np.isposinf(part)).any(axis=1)
            part[broken] = 0
            best[rows] = np.where(broken, -1, part.argmax(axis=1))
            confidence[rows] = ~broken * softmax(part).max(axis=1)
        return cls(best, confidence, labels)

    @property
    def right(self) -> np.ndarray:
        return self.best == self.labels
