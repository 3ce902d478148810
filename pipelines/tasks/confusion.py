"""Which classes are taken for which.

An answer below 0 is none: the model returned NaN. It counts as wrong, and as
nothing that the picture was called.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class ClassScore:
    """How well one class is told from the others.

    Args:
        name: The class.
        pictures: How many it has.
        precision: The part of what was called so that is so, in 0…1; None
            where nothing was called so.
        recall: The part of its pictures that was found; None where it has
            none.
        f1: The harmonic mean of both, `2 P R / (P + R)`; None where one of
            them is None.
    """

    name: str
    pictures: int
    precision: float | None
    recall: float | None
    f1: float | None


def confusion_matrix(
    labels: np.ndarray, answers: np.ndarray, classes: int
) -> np.ndarray:
    """Counts the answers.

    Args:
        labels: int `(examples,)`, each in 0…classes-1.
        answers: int `(examples,)`, likewise or below 0.
        classes: How many there are; the result has their square.

    Returns:
        int64 `(classes, classes)`: row `i`, column `j` says how many
        pictures of class `i` were called `j`.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.confusion import confusion_matrix
    matrix = confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    assert matrix.tolist() == [[1, 1], [0, 1]]
    ```
    """
    given = answers >= 0
    pairs = labels[given].astype("int64") * classes + answers[given]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def class_scores(
    labels: np.ndarray, answers: np.ndarray, names: tuple[str, ...]
) -> list[ClassScore]:
    """Returns the score of each class that has pictures or was answered.

    Args:
        labels: int `(examples,)`, each a place in `names`.
        answers: int `(examples,)`, likewise or below 0.
        names: In label order.
    """
    counted = [
        np.bincount(what, minlength=len(names)).tolist()
        for what in (labels, answers[answers >= 0], labels[labels == answers])
    ]
    return [
        ClassScore(
            name,
            pictures,
            _ratio(found, called),
            _ratio(found, pictures),
            # The same as 2 P R / (P + R), and 0 where both are 0.
            _ratio(2 * found, called + pictures) if called * pictures else None,
        )
        for name, pictures, called, found in zip(names, *counted, strict=True)
        if pictures or called
    ]


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def frequent_mistakes(
    labels: np.ndarray, answers: np.ndarray, most: int
) -> list[tuple[int, int, int]]:
    """Returns (class, what it was called, how often), the most often first.

    Args:
        labels: int `(examples,)`.
        answers: int `(examples,)`; what is below 0 is passed over.
        most: How many rows.
    """
    wrong = (answers >= 0) & (answers != labels)
    pairs, counts = np.unique(
        np.stack([labels[wrong], answers[wrong]]), axis=1, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")[:most]
    return [(*map(int, pairs[:, i]), int(counts[i])) for i in order]
