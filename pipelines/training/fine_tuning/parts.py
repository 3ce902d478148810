"""The parts of a network below and above a stage, at both sizes of a run."""

import dataclasses

import keras

import zoo
from pipelines.training.run import Run


@dataclasses.dataclass(frozen=True)
class Part:
    """Some stages of the model, twice over the same layers.

    Args:
        learner: On what comes of pictures to learn from.
        judge: On what comes of pictures to judge by.
    """

    learner: keras.Model
    judge: keras.Model


def parts(run: Run, stage: str) -> tuple[Part, Part]:
    """Returns what lies below a stage of a run's model, and the rest.

    Raises:
        RequestError: As `zoo.split` says.
    """
    with run.strategy.scope():
        below, above = zoo.split(run.model, stage)
        smaller = zoo.resized(below, run.learner.input.shape[1:])
        features = smaller.output.shape[1:]
        return (
            Part(smaller, below),
            Part(zoo.resized(above, features), above),
        )
