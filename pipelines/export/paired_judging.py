"""What eight bits cost: the same pictures, judged by both."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_batch
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.examples import Examples
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.paired_interval import paired_interval
from pipelines.evaluation.paired_test import mcnemar
from pipelines.export.formats import LOGITS
from pipelines.export.pictures import decoded
from pipelines.export.program import Program
from pipelines.tasks.table import task_of_model
from pipelines.waiting.work import work
from zoo.errors import DataError
from zoo.errors import IntegrityError

# Fewer cannot tell half a point.
FEWEST = 500


@dataclasses.dataclass(frozen=True)
class Demands:
    """What is kept, and what is thrown away.

    Args:
        most_lost: Points of top-1 that may be lost, in 0…100.
        least_agreement: Of how many pictures in a hundred both have to say
            the same.
        fewest: Pictures that have to judge.
    """

    most_lost: float = 0.5
    least_agreement: float = 97.0
    fewest: int = FEWEST


def check_enough(examples: Examples, demands: Demands) -> None:
    """Refuses pictures that are too few to judge by.

    Raises:
        DataError: Says how many there have to be.
    """
    if len(examples) < demands.fewest:
        raise DataError(
            f"{len(examples):,} pictures judge, and at least "
            f"{demands.fewest:,} are needed to tell whether eight bits cost "
            f"{demands.most_lost:g} points. Give more as `data`, or a smaller "
            "number as `fewest`."
        )


def check_paired(
    program: Program, answer: Callable, examples: Examples, demands: Demands
) -> dict:
    """Compares an eight-bit runtime with the Keras model.

    Of a model that tells several classes a picture, a picture is right, and
    both say the same of it, where all of its classes are.

    Args:
        program: What was written.
        answer: Uint8 pictures of one size in, answers out.
        examples: What judges, with labels as the model numbers its classes.
        demands: What is kept.

    Returns:
        What was found: top-1 of both, what is lost in points with its
        interval, and the agreement, in percent.

    Raises:
        DataError: A picture cannot be decoded.
        IntegrityError: Too much is lost, or answers are no numbers.
    """
    ours = _keras_says(program.model, examples)
    theirs = _runtime_says(answer, examples)
    said = [_decided(program, ours, LOGITS)]
    said.append(_decided(program, theirs, program.answer))
    found = compare_decisions(*said, examples.labels)
    found["finite"] = bool(np.isfinite(theirs).all())
    _refuse(found, demands)
    return found


def compare_decisions(ours, theirs, labels) -> dict:
    """Returns what is lost and where both say the same.

    Args:
        ours: What Keras decides, `(pictures,)` or `(pictures, classes)`.
        theirs: What the eight bits decide.
        labels: What is right.

    Example:

    ```python
    import numpy as np
    from pipelines.export.paired_judging import compare_decisions
    labels = np.array([0, 1, 1, 0])
    found = compare_decisions(labels, np.array([0, 1, 0, 0]), labels)
    assert (found["top1"], found["top1_lost"]) == (75.0, 25.0)
    ```
    """
    count = len(labels)
    right, still = _all(ours == labels), _all(theirs == labels)
    lost, won = int((right & ~still).sum()), int((still & ~right).sum())
    low, high = paired_interval(lost, won, count)
    return {
        "pictures": count,
        "top1_of_the_model": 100 * float(right.mean()),
        "top1": 100 * float(still.mean()),
        "top1_lost": 100 * (lost - won) / count,
        "top1_lost_at_least": 100 * low,
        "top1_lost_at_most": 100 * high,
        "chance_of_as_much": mcnemar(lost, won),
        "agreement": 100 * float(_all(ours == theirs).mean()),
    }


def _all(same) -> np.ndarray:
    return same.reshape(len(same), -1).all(axis=1)


def _keras_says(model, examples: Examples) -> np.ndarray:
    batch = evaluation_batch(len(examples))
    record = zoo.preprocessing(model)
    read = evaluation_data(examples, record, batch_size=batch)
    strategy = tf.distribute.get_strategy()
    return Evaluator(model, strategy, task_of_model(model)).logits(read)


def _runtime_says(answer: Callable, examples: Examples) -> np.ndarray:
    found = []
    with work("judging what was written", "picture") as piece:
        for picture in decoded(examples):
            found.append(answer(picture[np.newaxis])[0])
            piece.count(len(found), len(examples))
    return np.array(found)


def _decided(program: Program, answers, kind: str) -> np.ndarray:
    """Which class, or which classes where a picture may show several."""
    thresholds = zoo.thresholds(program.model)
    if not thresholds:
        return answers.argmax(axis=1)
    if kind == LOGITS:
        answers = 1 / (1 + np.exp(-np.asarray(answers, "float64")))
    return answers >= np.asarray(thresholds)


def _refuse(found: dict, demands: Demands) -> None:
    reasons = []
    if not found["finite"]:
        reasons.append("some of its answers are no numbers")
    if not found["top1_lost"] <= demands.most_lost:
        reasons.append(
            f"it loses {found['top1_lost']:.2f} points of top-1 "
            f"({found['top1_lost_at_least']:.2f} to "
            f"{found['top1_lost_at_most']:.2f}), at most "
            f"{demands.most_lost:g} are allowed"
        )
    if not found["agreement"] >= demands.least_agreement:
        reasons.append(
            f"it agrees with the model on {found['agreement']:.1f} % of the "
            f"pictures, at least {demands.least_agreement:g} % are wanted"
        )
    if reasons:
        raise IntegrityError(
            f"What was written in eight bits is not good enough: "
            f"{'; '.join(reasons)}. Nothing was kept. Try another `format`, "
            "more pictures or others as `calibration`, or allow more by "
            "`most_lost` and `least_agreement`."
        )
