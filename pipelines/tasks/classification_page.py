"""What a classifier's report shows: answers, mistakes, classes, calibration."""

import dataclasses
import math

import numpy as np

from pipelines.data.examples import Examples
from pipelines.pages.thumbnails import thumbnails
from pipelines.tasks.calibration import calibrate
from pipelines.tasks.confusion import class_scores
from pipelines.tasks.confusion import confusion_matrix
from pipelines.tasks.confusion import frequent_mistakes
from pipelines.tasks.confusion_drawing import matrix_drawing
from pipelines.tasks.reliability import reliability_diagram
from pipelines.tasks.softmax import softmax
from pipelines.tasks.task import Judged
from zoo.errors import DataError

_DRAWN_CLASSES = 50
_LISTED_CLASSES = 200
_LISTED_MISTAKES = 10
_PICTURES = 12
_ROWS = 4096
# Of the standard normal distribution, for 95 %.
_QUANTILE = 1.959964


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
        for start in range(0, len(logits), _ROWS):
            part = logits[start : start + _ROWS].astype("float64")
            place = slice(start, start + len(part))
            broken = (np.isnan(part) | np.isposinf(part)).any(axis=1)
            part[broken] = 0
            best[place] = np.where(broken, -1, part.argmax(axis=1))
            confidence[place] = ~broken * softmax(part).max(axis=1)
        return cls(best, confidence, labels)

    @property
    def right(self) -> np.ndarray:
        return self.best == self.labels


def page(judged: Judged, tiles: list[tuple[str, str]]) -> dict:
    """Returns what `report_classification.html` asks for.

    Args:
        judged: The held-out pictures and their logits.
        tiles: The headline, whose first number is the share that is right.
    """
    examples, logits = judged.examples, judged.outputs
    answers = Answers.of(logits, examples.labels)
    names = _class_names(examples, logits.shape[1])
    (value, title), *others = tiles
    right = int(answers.right.sum())
    low, high = interval(right, judged.metrics["examples"])
    return {
        "tiles": [(value, f"{title} ({low:.1%} … {high:.1%})"), *others],
        "broken": int((answers.best < 0).sum()),
        **_classes(answers, names),
        **_pictures(answers, names, examples),
        **_calibration(answers),
    }


def _class_names(examples: Examples, classes: int) -> tuple[str, ...]:
    unnamed = map(str, range(len(examples.class_names), classes))
    return (*examples.class_names, *unnamed)


def interval(right: int, count: int) -> tuple[float, float]:
    """Returns where a share lies with 95 % confidence, in 0…1.

    Wilson, "Probable Inference, the Law of Succession, and Statistical
    Inference", 1927.

    Args:
        right: How many are so.
        count: Of how many; nothing is known of none.

    Example:

    ```python
    from pipelines.tasks.classification_page import interval
    low, high = interval(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    ```
    """
    if not count:
        return 0.0, 1.0
    share, z = right / count, _QUANTILE
    middle = share + z**2 / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def _classes(answers: Answers, names) -> dict:
    drawing = None
    if len(names) <= _DRAWN_CLASSES:
        drawing = matrix_drawing(
            confusion_matrix(answers.labels, answers.best, len(names)), names
        )
    scores = class_scores(answers.labels, answers.best, names)
    scores.sort(key=lambda score: (score.f1 is None, score.f1))
    mistakes = frequent_mistakes(answers.labels, answers.best, _LISTED_MISTAKES)
    return {
        "matrix": drawing,
        "scores": scores[:_LISTED_CLASSES],
        "scores_left_out": max(0, len(scores) - _LISTED_CLASSES),
        "frequent": [
            {"label": names[label], "answer": names[answer], "count": count}
            for label, answer, count in mistakes
        ],
    }


def _pictures(answers: Answers, names, examples: Examples) -> dict:
    given = np.flatnonzero(answers.best >= 0)
    by_confidence = given[
        np.argsort(answers.confidence[given], kind="stable")
    ].tolist()
    wrong = [i for i in reversed(by_confidence) if not answers.right[i]]

    def cards(places: list[int]) -> list[dict]:
        pictures = thumbnails(
            [_encoded(examples, i) for i in places], upright=examples.upright
        )
        return [
            {
                "picture": picture,
                "name": examples.names[i],
                "label": names[answers.labels[i]],
                "answer": names[answers.best[i]],
                "confidence": float(answers.confidence[i]),
                "right": bool(answers.right[i]),
            }
            for i, picture in zip(places, pictures, strict=True)
        ]

    return {
        "mistakes": cards(wrong[:_PICTURES]),
        "mistakes_in_all": len(wrong),
        "uncertain": cards(by_confidence[:_PICTURES]),
    }


def _encoded(examples: Examples, index: int) -> bytes | None:
    try:
        return examples.encoded([index])[0]
    except (DataError, OSError):
        return None


def _calibration(answers: Answers) -> dict:
    given = answers.best >= 0
    calibration = calibrate(answers.confidence[given], answers.right[given])
    return {
        "calibration": calibration if given.any() else None,
        "reliability": reliability_diagram(calibration),
    }
