"""What a run does where a picture may show several classes, or none."""

import dataclasses

from pipelines.data.examples import Splits
from pipelines.data.joining import as_several
from pipelines.runs.config import RunConfig
from pipelines.runs.settings import default_of
from pipelines.training.choices import Choice
from zoo.errors import RequestError

NAME, _LOSS = "multilabel", "bce"
# What speaks of the one class of a picture.
_OF_ONE_CLASS = (
    *("shots", "label_noise", "add_classes", "logit_adjustment"),
    "calibration_part",
)


def as_asked(config: RunConfig, splits: Splits) -> Splits:
    """Returns the pictures with labels as the task that was asked for has them.

    Args:
        config: What was asked for.
        splits: As they were opened.

    Raises:
        RequestError: The task does not fit the labels, or a setting the task.
    """
    if config.task == NAME:
        train, validation = (
            part and as_several(part)
            for part in (splits.train, splits.validation)
        )
        splits = dataclasses.replace(splits, train=train, validation=validation)
    if not splits.train.several:
        _refuse(config, ("threshold_part",), "for `task=multilabel`")
        return splits
    if config.task is not None and config.task != NAME:
        raise RequestError(
            f"`task={config.task}`: in {config.data} a picture may show "
            f"several classes. Give `task={NAME}`, or a table with one class "
            "a picture."
        )
    _refuse(
        config, _OF_ONE_CLASS, f"for one class a picture, not `task={NAME}`"
    )
    return splits


def _refuse(config: RunConfig, names, what: str) -> None:
    for name in names:
        value = getattr(config, name, None)
        if value and value != default_of(type(config), name):
            raise RequestError(f"`{name}` is {what}. Leave it out.")


def choose_task(
    config: RunConfig, splits: Splits
) -> tuple[RunConfig, dict[str, Choice]]:
    """Decides what is learned where nobody says it, by the labels.

    Args:
        config: What was asked for.
        splits: The pictures.

    Returns:
        What is done, and what of it was chosen. One class a picture is what
        is learned where nothing is said.
    """
    chosen = {}
    if splits.train.several and config.task is None:
        why = "the table has several classes in a row"
        chosen["task"] = Choice(NAME, why)
    # A probe has no loss of its own.
    if splits.train.several and config.loss != _LOSS and not config.probe:
        why = "each class is a question of its own"
        chosen["loss"] = Choice(_LOSS, why)
    values = {name: choice.value for name, choice in chosen.items()}
    return config.resolved(**values), chosen
