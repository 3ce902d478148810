"""How good a model is for each group of pictures: by light, camera, place.

What `fairlearn.metrics.MetricFrame` gives of the same groups, with what so few
pictures leave open; of too few nothing is said.
"""

import dataclasses

import numpy as np

from pipelines.tasks.answers import Answers
from pipelines.tasks.calibration import calibrate
from pipelines.tasks.confusion import class_scores
from pipelines.tasks.interval import interval

# Of fewer pictures a share is mostly chance: 26 of 30 leave 70 % to 95 %.
LEAST = 30
# Of a class within a group.
LEAST_OF_A_CLASS = 10
# Of the standard normal distribution, for 95 %.
_QUANTILE = 1.959964


@dataclasses.dataclass(frozen=True)
class GroupFigures:
    """What a model reaches on the pictures of a group; None of too few.

    Args:
        column: What the groups are about, such as `lighting`.
        group: Which one.
        pictures: How many there are.
        top1: The share that is right, in 0…1.
        low: Where its 95 % interval begins (Wilson 1927).
        high: Where that ends.
        worst_class: The class with the lowest recall, of those with ten
            pictures in the group; empty where there is none.
        worst_recall: Its recall, in 0…1.
        calibration_error: In 15 bins, in 0…1; of few pictures it is too high.
        overconfidence: Mean confidence less the share that is right.
        overconfidence_low: Where its 95 % interval begins, by the normal
            distribution.
        overconfidence_high: Where that ends.
    """

    column: str
    group: str
    pictures: int
    top1: float | None = None
    low: float | None = None
    high: float | None = None
    worst_class: str = ""
    worst_recall: float | None = None
    calibration_error: float | None = None
    overconfidence: float | None = None
    overconfidence_low: float | None = None
    overconfidence_high: float | None = None


def by_group(
    column: str, groups: np.ndarray, answers: Answers, names
) -> list[GroupFigures]:
    """Judges each group by itself, in the order of their names.

    Args:
        column: What the groups are about.
        groups: str `(pictures,)`: the group of each.
        answers: What the model says of them.
        names: Of the classes, in label order.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.trust.groups import by_group
    from pipelines.tasks.answers import Answers
    logits = np.tile([[1.0, 0.0]], (40, 1))
    answers = Answers.of(logits, np.repeat([0, 1], [32, 8]))
    groups = np.repeat(["day", "night"], [35, 5])
    day, night = by_group("light", groups, answers, ("ant", "bee"))
    assert round(day.top1, 4) == round(32 / 35, 4) and night.top1 is None
    ```
    """
    return [
        _figures(column, str(group), groups == group, answers, names)
        for group in np.unique(groups)
    ]


def _figures(column, group, is_in, answers: Answers, names) -> GroupFigures:
    count = int(is_in.sum())
    if count < LEAST:
        return GroupFigures(column, group, count)
    right, confidence = answers.right[is_in], answers.confidence[is_in]
    low, high = interval(int(right.sum()), count)
    scores = class_scores(answers.labels[is_in], answers.best[is_in], names)
    enough = [each for each in scores if each.pictures >= LEAST_OF_A_CLASS]
    worst = min(enough, key=lambda each: each.recall, default=None)
    excess = confidence - right
    half = _QUANTILE * excess.std(ddof=1) / np.sqrt(count)
    return GroupFigures(
        column,
        group,
        count,
        float(right.mean()),
        low,
        high,
        worst.name if worst else "",
        worst.recall if worst else None,
        calibrate(confidence, right).error,
        float(excess.mean()),
        float(excess.mean() - half),
        float(excess.mean() + half),
    )


def largest_gap(figures: list[GroupFigures]) -> float | None:
    """Returns how far the best and the worst group are apart, in 0…1.

    Args:
        figures: Of the groups of one column.

    Returns:
        None where fewer than two have enough pictures.
    """
    known = [each.top1 for each in figures if each.top1 is not None]
    return max(known) - min(known) if len(known) > 1 else None
