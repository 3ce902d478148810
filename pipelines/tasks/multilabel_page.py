"""What a multi-label report shows: mistakes, classes, calibration."""

import dataclasses

import numpy as np

from pipelines.data.examples import Examples
from pipelines.tasks.calibration import Calibration
from pipelines.tasks.calibration import calibrate_parts
from pipelines.tasks.class_summary import calibration_table
from pipelines.tasks.multilabel_metrics import average_precisions
from pipelines.tasks.reliability import reliability_diagram
from pipelines.tasks.row_blocks import by_blocks
from pipelines.tasks.row_blocks import row_blocks
from pipelines.tasks.shown_pictures import MOST
from pipelines.tasks.shown_pictures import shown_pictures
from pipelines.tasks.sigmoid import sigmoid

_LISTED_CLASSES = 200
_LISTED_PAIRS = 10


@dataclasses.dataclass(frozen=True)
class ClassRow:
    """How well one class is found.

    Args:
        name: The class.
        pictures: How many show it.
        precision_mean: Its average precision, in 0…1; None where none does.
        threshold: From which probability on it is said, in 0…1.
        precision: The part of what is said that is so; None where nothing is.
        recall: The part of its pictures that is found; None without any.
    """

    name: str
    pictures: int
    precision_mean: float | None
    threshold: float
    precision: float | None
    recall: float | None


def page(task, judged) -> dict:
    """Returns what `report_multilabel.html` asks for.

    Args:
        task: A `pipelines.tasks.multilabel.MultiLabel`.
        judged: The held-out pictures and their logits, a
            `pipelines.tasks.task.Judged`.
    """
    examples, logits = judged.examples, judged.outputs
    shown, said = examples.labels.astype(bool), task.said(logits)
    rows = _class_rows(task, logits, shown, said)
    calibration = _calibration(logits, shown)
    return {
        "tiles": task.tiles(judged.metrics),
        "broken": int(by_blocks(_has_nan, logits).sum()),
        "rows": rows[:_LISTED_CLASSES],
        "rows_left_out": max(0, len(rows) - _LISTED_CLASSES),
        "unseen": int((~shown.any(axis=0)).sum()),
        "instead": _instead(task.class_names, shown, said),
        "calibration": calibration,
        "reliability": reliability_diagram(calibration),
        **_mistakes(task.class_names, examples, logits, said),
    }


def tables(task, logits: np.ndarray, examples: Examples) -> dict:
    """Returns what the report shows beside single numbers, as rows.

    Args:
        task: As for `page`.
        logits: `(examples, classes)`.
        examples: The pictures.
    """
    shown, said = examples.labels.astype(bool), task.said(logits)
    names = ["class", "pictures", "average_precision", "threshold"]
    rows = _class_rows(task, logits, shown, said)
    pairs = _instead(task.class_names, shown, said)
    return {
        "classes": [
            [*names, "precision", "recall"],
            *(list(dataclasses.astuple(row)) for row in rows),
        ],
        "said_instead": [
            ["missed", "said", "pictures"],
            *([row["missed"], row["said"], row["count"]] for row in pairs),
        ],
        "calibration": calibration_table(_calibration(logits, shown)),
    }


def _has_nan(logits: np.ndarray) -> np.ndarray:
    return np.isnan(logits).any(axis=1)


def _likely(logits: np.ndarray) -> np.ndarray:
    return np.nan_to_num(sigmoid(logits))


def _calibration(logits: np.ndarray, shown: np.ndarray) -> Calibration:
    return calibrate_parts(
        (_likely(logits[rows]).ravel(), shown[rows].ravel())
        for rows in row_blocks(logits.shape)
    )


def _class_rows(task, logits, shown, said) -> list[ClassRow]:
    """Classes that are shown or said, the hardest first."""
    found = (shown & said).sum(axis=0).tolist()
    precisions = average_precisions(logits, shown)
    rows = [
        ClassRow(
            name,
            pictures,
            None if np.isnan(precision) else float(precision),
            threshold,
            right / answers if answers else None,
            right / pictures if pictures else None,
        )
        for name, pictures, answers, right, precision, threshold in zip(
            task.class_names,
            shown.sum(axis=0).tolist(),
            said.sum(axis=0).tolist(),
            found,
            precisions,
            task.least.tolist(),
            strict=True,
        )
        if pictures or answers
    ]
    unknown = 2.0
    rows.sort(
        key=lambda row: (
            unknown if row.precision_mean is None else row.precision_mean
        )
    )
    return rows


def _instead(names, shown, said) -> list[dict]:
    """Classes that are missed where others are said that are not there."""
    missed, wrong = shown & ~said, said & ~shown
    together = missed.T.astype("int64") @ wrong.astype("int64")
    order = np.argsort(-together, axis=None, kind="stable")[:_LISTED_PAIRS]
    pairs = zip(*np.unravel_index(order, together.shape), strict=True)
    return [
        {"missed": names[i], "said": names[j], "count": int(together[i, j])}
        for i, j in pairs
        if together[i, j]
    ]


def _mistakes(names, examples: Examples, logits, said) -> dict:
    """The pictures whose surest mistake is the surest."""
    shown = examples.labels.astype(bool)
    wrong = said != shown
    sure = by_blocks(_surest_mistake, logits, shown, wrong)
    order = np.argsort(-sure, kind="stable")
    places = [int(i) for i in order if wrong[i].any()]
    listed = places[:MOST]
    likely = dict(zip(listed, _likely(logits[listed]), strict=True))

    def named(mask, place) -> list[tuple[str, float]]:
        found = sorted(
            np.flatnonzero(mask[place]), key=lambda i: -likely[place][i]
        )
        return [(names[i], float(likely[place][i])) for i in found]

    pictures = shown_pictures(examples, listed)
    cards = [
        {
            "picture": picture,
            "name": examples.names[place],
            "right": named(said & shown, place),
            "wrong": named(said & ~shown, place),
            "missed": named(shown & ~said, place),
        }
        for place, picture in zip(listed, pictures, strict=True)
    ]
    return {"mistakes": cards, "mistakes_in_all": len(places)}


def _surest_mistake(logits, shown, wrong) -> np.ndarray:
    return (np.abs(_likely(logits) - shown) * wrong).max(axis=1)
