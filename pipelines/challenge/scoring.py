"""What an entry reaches: counts, from which every share and interval follows.

Top-5 error is the share of pictures whose class is not among the five best.
"""

import dataclasses

import numpy as np

from pipelines.tasks.interval import interval
from pipelines.tasks.ranking import in_top

BEST = 5


@dataclasses.dataclass(frozen=True)
class Count:
    """So many of so many.

    Example:

        >>> from pipelines.challenge.scoring import Count
        >>> Count(1, 4).share, [round(each, 3) for each in Count(1, 4).limits]
        (0.25, [0.046, 0.699])
    """

    wrong: int
    pictures: int

    @property
    def share(self) -> float:
        return self.wrong / self.pictures if self.pictures else float("nan")

    @property
    def limits(self) -> tuple[float, float]:
        """Where the share lies with 95 % confidence (Wilson 1927)."""
        return interval(self.wrong, self.pictures)

    @classmethod
    def of(cls, right: np.ndarray) -> "Count":
        """Counts what is not right."""
        return cls(int((~right).sum()), len(right))


@dataclasses.dataclass(frozen=True)
class Score:
    """What an entry reaches on the pictures of its task.

    Args:
        top1: How many are told wrong.
        top5: Of how many the class is not among the five best.
        by_class: `top1` of each class, in label order.
        train: `top1` on pictures that were there to learn from; None of a
            table of predictions.
        cross: `top1` on pictures of another source; None where there are none.
        parameters: How many weights it has; None of a table.
        macs: Multiply-adds of one picture.
        latency: Milliseconds for one picture, on the machine that judged.
    """

    top1: Count
    top5: Count
    by_class: tuple[Count, ...]
    train: Count | None = None
    cross: Count | None = None
    parameters: int | None = None
    macs: int | None = None
    latency: float | None = None

    @classmethod
    def of_json(cls, found: dict) -> "Score":
        """Reads what `dataclasses.asdict` has written as JSON."""
        counts = ("top1", "top5", "train", "cross")
        read = {name: found[name] and Count(**found[name]) for name in counts}
        by_class = tuple(Count(**each) for each in found["by_class"])
        return cls(**{**found, **read, "by_class": by_class})

    @property
    def gap(self) -> float | None:
        """How much larger the error is on held-out pictures."""
        return self.train and self.top1.share - self.train.share

    @property
    def gap_limits(self) -> tuple[float, float] | None:
        """Where that lies with 95 % confidence."""
        return self.train and difference(self.top1, self.train)


def difference(one: Count, other: Count) -> tuple[float, float]:
    """Returns the 95 % interval of a difference of two shares.

    Newcombe, "Interval estimation for the difference between independent
    proportions: comparison of eleven methods", 1998, method 10.

    Args:
        one: What is subtracted from.
        other: What is subtracted.

    Example:

        >>> from pipelines.challenge.scoring import Count, difference
        >>> low, high = difference(Count(56, 70), Count(48, 80))
        >>> round(low, 4), round(high, 4)
        (0.0524, 0.3339)
    """
    apart = one.share - other.share
    (low, high), (other_low, other_high) = one.limits, other.limits
    down = ((one.share - low) ** 2 + (other_high - other.share) ** 2) ** 0.5
    up = ((high - one.share) ** 2 + (other.share - other_low) ** 2) ** 0.5
    return apart - down, apart + up


@dataclasses.dataclass(frozen=True, eq=False)
class Answered:
    """What an entry says of each picture that judges.

    Args:
        best: int32 `(pictures,)`: the likeliest class; -1 where it says
            nothing that can be read.
        right: bool `(pictures,)`: whether that is so.
        right5: bool `(pictures,)`: whether the class is among the five best.
        confidence: float32 `(pictures,)`: the probability of the likeliest;
            NaN where the entry gives none.
    """

    best: np.ndarray
    right: np.ndarray
    right5: np.ndarray
    confidence: np.ndarray

    @classmethod
    def of(cls, values, labels, probabilities=None) -> "Answered":
        """Reads `(pictures, classes)`, the higher the likelier.

        Args:
            values: Logits, probabilities or ranks.
            labels: int `(pictures,)`: what is so.
            probabilities: Of the likeliest class; None where not known.
        """
        broken = np.isnan(values).any(axis=1)
        best = np.where(
            broken, -1, np.where(broken[:, None], 0, values).argmax(1)
        )
        if probabilities is None:
            probabilities = np.full(len(values), np.nan)
        return cls(
            best.astype("int32"),
            in_top(values, labels, 1),
            in_top(values, labels, BEST),
            np.asarray(probabilities, "float32"),
        )

    def score(self, labels: np.ndarray, classes: int, **more) -> Score:
        """Counts.

        Args:
            labels: int `(pictures,)`: what is so.
            classes: How many there are.
            **more: Fields of `Score`.
        """
        by_class = tuple(
            Count.of(self.right[labels == label]) for label in range(classes)
        )
        top1, top5 = Count.of(self.right), Count.of(self.right5)
        return Score(top1, top5, by_class, **more)
