"""What a classifier's report shows: answers, mistakes, classes, calibration."""

import numpy as np

from pipelines.tasks.answers import Answers
from pipelines.tasks.class_summary import calibration_of
from pipelines.tasks.class_summary import class_names
from pipelines.tasks.class_summary import summary
from pipelines.tasks.confusion import class_scores
from pipelines.tasks.confusion import confusion_matrix
from pipelines.tasks.confusion import frequent_mistakes
from pipelines.tasks.confusion_drawing import matrix_drawing
from pipelines.tasks.interval import interval
from pipelines.tasks.reliability import reliability_diagram
from pipelines.tasks.shown_pictures import MOST
from pipelines.tasks.shown_pictures import shown_pictures
from pipelines.tasks.task import Judged

_DRAWN_CLASSES = 50
_LISTED_CLASSES = 200
_LISTED_MISTAKES = 10


def page(judged: Judged, tiles: list[tuple[str, str]]) -> dict:
    """Returns what `report_classification.html` asks for.

    Args:
        judged: The held-out pictures and their logits.
        tiles: The headline, whose first number is the share that is right.
    """
    examples, logits = judged.examples, judged.outputs
    answers = Answers.of(logits, examples.labels)
    names = class_names(examples, logits.shape[1])
    (value, title), *others = tiles
    right = int(answers.right.sum())
    low, high = interval(right, judged.metrics["examples"])
    means = summary(logits, answers, names)
    return {
        "tiles": [
            (value, f"{title} ({low:.1%} … {high:.1%})"),
            *others,
            *_tiles(means),
        ],
        "means": means,
        "broken": int((answers.best < 0).sum()),
        **_classes(answers, names),
        **_pictures(answers, names, judged),
        **_calibration(answers),
    }


def _tiles(means: dict) -> list[tuple[str, str]]:
    """What a set of uneven classes, or of two, is told by."""
    told = [(f"{means['balanced_accuracy']:.1%}", "balanced accuracy")]
    if "auc" in means:
        told.append((f"{means['auc']:.4f}", "area under the ROC curve (AUC)"))
    return told


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


def _pictures(answers: Answers, names, judged: Judged) -> dict:
    examples = judged.examples
    given = np.flatnonzero(answers.best >= 0)
    by_confidence = given[
        np.argsort(answers.confidence[given], kind="stable")
    ].tolist()
    wrong = [i for i in reversed(by_confidence) if not answers.right[i]]

    def cards(places: list[int]) -> list[dict]:
        pictures = shown_pictures(examples, places)
        maps = judged.drawn(places) if judged.drawn else [None] * len(places)
        return [
            {
                "picture": picture,
                "map": drawn,
                "name": examples.names[i],
                "label": names[answers.labels[i]],
                "answer": names[answers.best[i]],
                "confidence": float(answers.confidence[i]),
                "right": bool(answers.right[i]),
            }
            for i, picture, drawn in zip(places, pictures, maps, strict=True)
        ]

    return {
        "mistakes": cards(wrong[:MOST]),
        "mistakes_in_all": len(wrong),
        "uncertain": cards(by_confidence[:MOST]),
    }


def _calibration(answers: Answers) -> dict:
    calibration = calibration_of(answers)
    return {
        "calibration": calibration if calibration.count.any() else None,
        "reliability": reliability_diagram(calibration),
    }
