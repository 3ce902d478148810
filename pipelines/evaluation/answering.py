"""Answers for many pictures, and whether the model is sure of each."""

import dataclasses

from pipelines.evaluation.prediction import in_language
from pipelines.evaluation.prediction import outputs_of
from pipelines.evaluation.tta import NO_VIEWS
from pipelines.tasks.table import task_of_model
from zoo.errors import RequestError
from zoo.weights.classes import ENGLISH

NOT_SURE = "not sure"
NONE_OF_THEM = "none of its classes"
UNLIKE = "like nothing it has learned"


@dataclasses.dataclass(frozen=True)
class Asking:
    """What is asked of each picture.

    Args:
        top: How many answers at most; None for what is usual of the task.
        threshold: The least probability of an answer that the model is sure
            of, in 0…1; None where any is enough.
        tta: As `pipelines.evaluation.prediction.predict` has it.
        language: Likewise.
        upright: Likewise.
        every: Whether what all classes reach is kept.
        unlike: Says whether a picture is like anything that was learned, a
            `pipelines.evaluation.trust.unlike.LikenessTest`; None where
            nobody asks.
    """

    top: int | None = None
    threshold: float | None = None
    tta: str = NO_VIEWS
    language: str = ENGLISH
    upright: bool = True
    every: bool = False
    unlike: object = None


@dataclasses.dataclass(frozen=True)
class PictureAnswer:
    """What a model says of a picture.

    Args:
        picture: Its path.
        answers: What was asked for, the likeliest first; of any number of
            classes also those that are not likely enough to be said.
        every: Those of all classes, by their own names, where asked for.
        sure: Whether the likeliest reaches the threshold.
        unlike: Whether it is like nothing that was learned; None where
            nobody asked.
    """

    picture: str
    answers: list
    every: list
    sure: bool = True
    unlike: bool | None = None

    @property
    def said(self) -> list:
        """The answers that are likely enough."""
        return [each for each in self.answers if each.said]

    @property
    def best(self) -> str | None:
        """The likeliest class; None where the model says none."""
        return self.said[0].name if self.said and self.sure else None

    @property
    def verdict(self) -> str:
        """The likeliest class, or in words why there is none."""
        if not self.sure:
            return NOT_SURE
        return NONE_OF_THEM if self.best is None else self.best

    def as_json(self, *, threshold: float | None = None) -> dict:
        """Returns what a line of JSON has.

        Args:
            threshold: Where there is one, it also says whether it is sure.
        """
        sure = {} if threshold is None else {"sure": self.sure}
        if self.unlike is not None:
            sure["unlike"] = self.unlike
        told = [answer.as_json() for answer in self.answers]
        return {"image": self.picture, **sure, "predictions": told}


def answer(model, picture: str, asking: Asking) -> PictureAnswer:
    """Returns what a model says of a picture.

    Args:
        model: A model of the zoo.
        picture: As `pipelines.evaluation.prediction.predict` takes it.
        asking: What is asked.

    Raises:
        RequestError: There is no such file, or a threshold has no meaning.
        DataError: It cannot be decoded.
    """
    task = task_of_model(model)
    check_tells_one(model, threshold=asking.threshold)
    outputs = outputs_of(model, picture, tta=asking.tta, upright=asking.upright)
    told = task.answers(outputs, asking.top)
    every = task.answers(outputs, len(task.class_names)) if asking.every else []
    least = asking.threshold or 0.0
    sure = not told or told[0].probability >= least
    told = in_language(told, asking.language)
    unlike = None
    if asking.unlike:
        unlike = asking.unlike.asked_of(picture, asking.upright)
    return PictureAnswer(str(picture), told, every, sure, unlike)


def check_tells_one(model, **given) -> None:
    """Refuses what has a meaning only where a picture has one class.

    Args:
        model: A model of the zoo.
        **given: Settings, by their names; None or empty where not given.

    Raises:
        RequestError: The model tells any number of classes.
    """
    several = task_of_model(model).several
    for name, value in given.items():
        if value is not None and several:
            raise RequestError(
                f"`{name}` is for models that tell one class a picture. This "
                "one tells any number, each from a threshold of its own that "
                "its training chose: leave it out."
            )
