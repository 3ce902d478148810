"""What a classifier reaches over all of its classes, and class by class."""

import numpy as np

from pipelines.data.examples import Examples
from pipelines.tasks.answers import Answers
from pipelines.tasks.calibration import Calibration
from pipelines.tasks.calibration import calibrate
from pipelines.tasks.confusion import class_scores
from pipelines.tasks.interval import interval


def summary(logits: np.ndarray, answers: Answers, names: tuple) -> dict:
    """Returns the numbers in which every class counts the same.

    Args:
        logits: `(examples, classes)`.
        answers: What they say.
        names: Of the classes, in label order.

    Returns:
        `precision`, `recall` and `f1`, each the mean over the classes that
        have pictures or were answered, where one that is not defined is 0,
        and `balanced_accuracy`, the mean recall of those with pictures: all
        in 0…1. Of two classes, where both have pictures and no answer is
        broken, also `auc`: how likely a picture of the second is thought to
        be of it more than one of the first is.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.answers import Answers
    from pipelines.tasks.class_summary import summary
    logits = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0], [0.0, 4.0]])
    labels = np.array([0, 0, 0, 1])
    found = summary(logits, Answers.of(logits, labels), ("ant", "bee"))
    assert round(found["balanced_accuracy"], 4) == round((2 / 3 + 1) / 2, 4)
    assert found["auc"] == 1
    ```
    """
    scores = class_scores(answers.labels, answers.best, names)
    found = {
        name: _mean([getattr(score, name) or 0.0 for score in scores])
        for name in ("precision", "recall", "f1")
    }
    recalls = [score.recall for score in scores if score.pictures]
    found["balanced_accuracy"] = _mean(recalls)
    both = len(np.unique(answers.labels)) == 2
    if logits.shape[1] == 2 and both and (answers.best >= 0).all():
        from sklearn.metrics import roc_auc_score

        margin = np.diff(logits.astype("float64"), axis=1)[:, 0]
        found["auc"] = float(roc_auc_score(answers.labels == 1, margin))
    return found


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def class_names(examples: Examples, classes: int) -> tuple[str, ...]:
    """Returns what a model's classes are called; by number where unnamed.

    Args:
        examples: Whose names come first.
        classes: How many the model has.
    """
    unnamed = map(str, range(len(examples.class_names), classes))
    return (*examples.class_names, *unnamed)


def calibration_of(answers: Answers) -> Calibration:
    """Compares how sure the answers are with how often they are right."""
    given = answers.best >= 0
    return calibrate(answers.confidence[given], answers.right[given])


def class_table(answers: Answers, names: tuple) -> list[list]:
    """Returns a row a class, what stands above them first.

    Args:
        answers: What was said.
        names: Of the classes, in label order.
    """
    limits = ("recall_low", "recall_high")
    rows = [["class", "pictures", "precision", "recall", *limits, "f1"]]
    for score in class_scores(answers.labels, answers.best, names):
        low, high = None, None
        if score.pictures:
            right = round(score.recall * score.pictures)
            low, high = interval(right, score.pictures)
        told = (score.precision, score.recall, low, high, score.f1)
        rows.append([score.name, score.pictures, *told])
    return rows


def confusion_table(answers: Answers, names: tuple) -> list[list]:
    """Returns a row for each class and what its pictures were called.

    What never happened has no row, so that thousands of classes have few.
    """
    given = answers.best >= 0
    pairs, counts = np.unique(
        np.stack([answers.labels[given], answers.best[given]]),
        axis=1,
        return_counts=True,
    )
    return [
        ["label", "predicted", "pictures"],
        *(
            [names[label], names[best], int(count)]
            for label, best, count in zip(*pairs, counts, strict=True)
        ),
    ]


def calibration_table(calibration: Calibration) -> list[list]:
    """Returns a row for each bin that has answers."""
    bins = len(calibration.count)
    return [
        ["from", "to", "answers", "confidence", "right"],
        *(
            [
                place / bins,
                (place + 1) / bins,
                int(calibration.count[place]),
                float(calibration.confidence[place]),
                float(calibration.accuracy[place]),
            ]
            for place in np.flatnonzero(calibration.count).tolist()
        ),
    ]
