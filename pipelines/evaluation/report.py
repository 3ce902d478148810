"""The page that a run ends with: how good the model is, and where it errs."""

import dataclasses
import json
import math
import pathlib
import shlex

import numpy as np

import zoo
from pipelines.data.examples import Examples
from pipelines.evaluation.calibration import calibrate
from pipelines.evaluation.confusion import class_scores
from pipelines.evaluation.confusion import confusion_matrix
from pipelines.evaluation.confusion import frequent_mistakes
from pipelines.evaluation.metrics import softmax
from pipelines.evaluation.report_charts import learning_curves
from pipelines.evaluation.report_charts import reliability_diagram
from pipelines.evaluation.report_matrix import matrix_drawing
from pipelines.pages.commands import command
from pipelines.pages.rendering import duration
from pipelines.pages.rendering import render
from pipelines.pages.thumbnails import thumbnails
from pipelines.runs.run_folder import CONFIG
from pipelines.runs.run_folder import MODEL
from pipelines.runs.run_folder import REPORT
from zoo.errors import DataError
from zoo.weights.atomic import write_atomically

_DRAWN_CLASSES = 50
_LISTED_CLASSES = 200
_LISTED_MISTAKES = 10
_PICTURES = 12
_ROWS = 4096
# Of the standard normal distribution, for 95 %.
_QUANTILE = 1.959964
_NO_SETTINGS = ("class_names", "versions", "commit")


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


def write_report(
    folder,
    *,
    model,
    history: list[dict],
    metrics: dict,
    examples: Examples,
    logits: np.ndarray,
) -> pathlib.Path:
    """Writes `report.html` into a run's folder, whole or not at all.

    One file that needs no other, below 2 MB, for light and dark and for a
    phone. A picture that cannot be read or shown is left out. What the run
    was asked for comes from the folder's `config.json`, where there is one.

    Args:
        folder: The run's folder.
        model: The classifier.
        history: A row an epoch, as in `history.json`; may be empty.
        metrics: `examples`, `loss`, `top1` and `top5` on the held-out
            pictures, and where known `seconds`, `epochs` and
            `training_examples`.
        examples: The held-out pictures.
        logits: `(examples, classes)`, in their order.

    Returns:
        The report's path.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    folder = pathlib.Path(folder)
    config = _read_config(folder / CONFIG)
    answers = Answers.of(logits, examples.labels)
    names = _class_names(examples, logits.shape[1])
    page = render(
        "report.html",
        title=_title(model, config),
        lead=_lead(model, metrics, names),
        tiles=_tiles(metrics, answers, len(names)),
        broken=int((answers.best < 0).sum()),
        curves=learning_curves(history),
        settings=_settings(config),
        commands=_commands(folder, config),
        model_file=str(folder / MODEL),
        provenance=_provenance(config),
        **_classes(answers, names),
        **_pictures(answers, names, examples),
        **_calibration(answers),
    )
    write_atomically(folder / REPORT, page)
    return folder / REPORT


def _read_config(path: pathlib.Path) -> dict:
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def _class_names(examples: Examples, classes: int) -> tuple[str, ...]:
    unnamed = map(str, range(len(examples.class_names), classes))
    return (*examples.class_names, *unnamed)


def _title(model, config: dict) -> str:
    name = config.get("model", model.name)
    data = config.get("data")
    return f"{name} on {pathlib.Path(data).name or data}" if data else name


def _lead(model, metrics: dict, names) -> str:
    size = zoo.preprocessing(model).image_size
    parts = [
        f"{len(names):,} classes",
        f"{model.count_params():,} weights",
        f"{size} px",
    ]
    if "training_examples" in metrics:
        parts.append(f"learnt from {metrics['training_examples']:,} pictures")
    if "epochs" in metrics:
        parts.append(f"{metrics['epochs']:,} epochs")
    return " · ".join(parts)


def _tiles(metrics: dict, answers: Answers, classes: int) -> list[tuple]:
    """The headline: (value, what it is)."""
    count = metrics["examples"]
    low, high = interval(int(answers.right.sum()), count)
    tiles = [
        (f"{metrics['top1']:.1%}", f"top-1 ({low:.1%} … {high:.1%})"),
        (f"{metrics['loss']:.3f}", "loss, cross-entropy in nats"),
        (f"{count:,}", "held-out pictures"),
    ]
    if classes > 5:
        tiles.insert(1, (f"{metrics['top5']:.1%}", "top-5"))
    if "seconds" in metrics:
        spent = duration(metrics["seconds"])
        tiles.append((spent, "from start to finished model"))
    return tiles


def interval(right: int, count: int) -> tuple[float, float]:
    """Returns where a share lies with 95 % confidence, in 0…1.

    Wilson, "Probable Inference, the Law of Succession, and Statistical
    Inference", 1927.

    Args:
        right: How many are so.
        count: Of how many; nothing is known of none.

    Example:

    ```python
    from pipelines.evaluation.report import interval
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
        pictures = thumbnails([_encoded(examples, i) for i in places])
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


def _settings(config: dict) -> list[tuple[str, str]]:
    return [
        (name, "–" if value is None else str(value))
        for name, value in config.items()
        if name not in _NO_SETTINGS
    ]


def _provenance(config: dict) -> str:
    versions = config.get("versions", {})
    parts = [f"{name} {version}" for name, version in versions.items()]
    if config.get("commit"):
        parts.append(f"commit {config['commit']}")
    return " · ".join(parts)


def _commands(folder: pathlib.Path, config: dict) -> list[str]:
    data = config.get("data", "photos/")
    return [
        command("predict", "IMAGE", model=folder),
        command("evaluate", model=folder, data=data, output="judged"),
        command("features", model=folder, data=data, output="features.npz"),
        f"tensorboard --logdir {shlex.quote(str(folder.parent))}",
    ]
