"""What a report says of a model that was calibrated."""

import dataclasses

import numpy as np

from pipelines.pages.sections import Section
from pipelines.tasks.answers import Answers
from pipelines.tasks.class_summary import calibration_of
from pipelines.tasks.reliability import reliability_diagram
from pipelines.tasks.softmax import cross_entropy
from zoo.head_scaling import LogitScaling

_TITLES = {
    "top1": "top-1",
    "loss": "loss, nats",
    "calibration_error": "expected calibration error",
    "overconfidence": "surer than right by",
}


@dataclasses.dataclass(frozen=True)
class Calibrated:
    """How a model was calibrated, and by how many pictures.

    Args:
        method: One of `scaling_fit.METHODS`.
        scaling: What came of it.
        chosen_by: How many pictures chose it.
        note: One line on which these are.
    """

    method: str
    scaling: LogitScaling
    chosen_by: int
    note: str

    def as_json(self) -> dict:
        """Returns what `config.json` notes."""
        return {
            "method": self.method,
            "temperature": self.scaling.temperature,
            **self.scaling.as_json(),
            "chosen_by": self.chosen_by,
            "note": self.note,
        }


def figures(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Returns how good a model is, and how well it knows it.

    Args:
        logits: `(pictures, classes)`.
        labels: int `(pictures,)`.
    """
    answers = Answers.of(logits, labels)
    found = calibration_of(answers)
    return {
        "top1": float(answers.right.mean()),
        "loss": float(cross_entropy(logits, labels).mean()),
        "calibration_error": found.error,
        "overconfidence": found.excess,
    }


def calibration_section(
    before: np.ndarray, after: np.ndarray, labels: np.ndarray, how: Calibrated
) -> Section:
    """Compares a model before and after, on pictures that chose nothing.

    Args:
        before: Logits `(pictures, classes)` as they were learned.
        after: The same, calibrated.
        labels: int `(pictures,)`.
        how: What was done.
    """
    then, now = figures(before, labels), figures(after, labels)
    one = how.scaling.temperature
    done = (
        f"All logits are divided by a temperature of {one:.3f}"
        if one
        else "The logits of each class have a factor and a shift of their own"
    )
    diagram = reliability_diagram(
        calibration_of(Answers.of(before, labels)), "Reliability before"
    )
    return Section(
        "Before and after calibration",
        (
            f"{done}, which {how.chosen_by:,} pictures chose: {how.note}. The "
            f"figures are of {len(labels):,} others, which chose nothing. "
            "The diagram shows what it was before.",
        ),
        (
            ("on pictures that chose nothing", "before", "after"),
            *(
                (title, _text(name, then[name]), _text(name, now[name]))
                for name, title in _TITLES.items()
            ),
        ),
        (diagram,),
        metrics={"before_calibration": then},
    )


def _text(name: str, value: float) -> str:
    return f"{value:.4f}" if name == "loss" else f"{value:.2%}"
