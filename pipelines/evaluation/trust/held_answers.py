"""Answers for held-out pictures, as `predictions.csv` keeps them.

A confidence is what the file has of it, with six digits, less half of the
last: whoever compares a probability with it gets what the file would say.
"""

import dataclasses
import pathlib

import numpy as np

from pipelines.evaluation.answer_rows import keys_of
from pipelines.evaluation.answer_rows import read_answers
from pipelines.evaluation.trust.halves import halves
from pipelines.pages.commands import command
from pipelines.runs.places import PREDICTIONS
from pipelines.runs.places import nearest_folder
from pipelines.tasks.answers import Answers
from pipelines.tasks.task import Judged
from zoo.errors import DataError
from zoo.errors import RequestError

_DIGITS = 6
_HALF_A_DIGIT = 0.5e-6
_SEED = 0


@dataclasses.dataclass(frozen=True, eq=False)
class HeldAnswers:
    """What a model says of pictures that it has not learned from.

    Args:
        confidence: float `(pictures,)`: the likeliest class's probability.
        right: bool `(pictures,)`: whether that class is the right one.
        proposes: bool `(pictures,)`: the half that proposes thresholds.
    """

    confidence: np.ndarray
    right: np.ndarray
    proposes: np.ndarray

    @classmethod
    def of(cls, confidence, right, names, keys) -> "HeldAnswers":
        """Cuts pictures in two, in the same way wherever they come from.

        Args:
            confidence: float `(pictures,)`.
            right: bool `(pictures,)`.
            names: Of their classes.
            keys: What each picture is known by.
        """
        shown, labels = np.unique(np.asarray(names, str), return_inverse=True)
        return cls(
            np.round(confidence, _DIGITS) - _HALF_A_DIGIT,
            right,
            halves(labels.astype("int32"), keys, len(shown), _SEED),
        )


def held_answers(judged: Judged, keys=None) -> HeldAnswers:
    """Returns the answers for pictures that were just judged.

    Args:
        judged: The pictures.
        keys: The sha256 of each; where None they are known by their names.
    """
    examples = judged.examples
    answers = Answers.of(judged.outputs, examples.labels)
    return HeldAnswers.of(
        answers.confidence,
        answers.right,
        np.array(examples.class_names)[examples.labels],
        keys or [*examples.names],
    )


def read_held_answers(model: str) -> HeldAnswers:
    """Reads what a run has said of the pictures that it held out.

    Args:
        model: The run's folder, or a file in it.

    Raises:
        RequestError: There are no such answers.
        DataError: They are damaged.
    """
    folder = nearest_folder(model, lambda each: (each / PREDICTIONS).is_file())
    if folder is None:
        again = command("calibrate", model=model, data="PHOTOS")
        raise RequestError(
            f"`model={model}` has no {PREDICTIONS}: no answers for held-out "
            f"pictures, which a promise rests on. {again} writes a folder that "
            "has; give it as `model`."
        )
    rows = read_answers(pathlib.Path(folder) / PREDICTIONS)
    try:
        confidence = np.array([row.probability for row in rows])
    except ValueError:
        raise DataError(
            f"{folder / PREDICTIONS} does not say how sure each answer is. "
            "Judge the model again."
        ) from None
    return HeldAnswers.of(
        confidence,
        np.array([row.is_right for row in rows]),
        [row.label for row in rows],
        [key for key, _ in keys_of(str(folder), rows)],
    )
