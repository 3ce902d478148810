"""Saying what is on single pictures."""

import dataclasses
import os
import pathlib
from collections.abc import Iterable
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.checks import problem_of
from pipelines.data.framing import whole_picture
from pipelines.evaluation.finite import check_finite
from pipelines.evaluation.tta import NO_VIEWS
from pipelines.tasks.table import task_of_model
from pipelines.tasks.task import Arrays
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.weights.classes import ENGLISH
from zoo.weights.classes import translated


def predict(
    model: keras.Model,
    picture: str | os.PathLike,
    top: int | None = None,
    *,
    tta: str = NO_VIEWS,
    language: str = ENGLISH,
    upright: bool = True,
) -> list:
    """Returns what a model says of a picture, the likeliest first.

    Of a classifier these are `pipelines.tasks.classification.Guess`, of a
    multi-label one `pipelines.tasks.multilabel.LikelyClass`, both with `name`
    and `probability`.

    Args:
        model: A model of the zoo.
        picture: The path of a JPEG, PNG, GIF, BMP, WebP or TIFF file.
        top: How many answers at most; where None the five likeliest classes,
            and of a multi-label model all whose threshold is reached.
        tta: Which views of it are averaged at test time, see
            `pipelines.evaluation.tta`.
        language: What ImageNet's classes are named in, see
            `zoo.weights.classes`.
        upright: Whether it is turned as its EXIF asks for.

    Raises:
        RequestError: There is no such file, no such views, or no names in
            that language.
        DataError: It cannot be decoded.
        IntegrityError: The model's answer is no finite number.
    """
    outputs = outputs_of(model, picture, tta=tta, upright=upright)
    return in_language(task_of_model(model).answers(outputs, top), language)


def outputs_of(
    model, picture, *, tta: str = NO_VIEWS, upright: bool = True
) -> Arrays:
    """Returns what a model returns of a picture, without an axis of pictures.

    Args and errors are those of `predict`.
    """
    encoded = encoded_picture(picture)
    views = _views(tf.constant(encoded), zoo.preprocessing(model), tta, upright)
    found = model(views, training=False)
    check_finite(model.name, tf.nest.map_structure(np.asarray, found))

    def view(number):
        return tf.nest.map_structure(
            lambda each: np.asarray(each)[number], found
        )

    task = task_of_model(model)
    return task.mean([view(i) for i in range(len(views))])


def encoded_picture(picture) -> bytes:
    """Returns the bytes of a picture that can be decoded.

    Args:
        picture: As for `predict`.

    Raises:
        RequestError: There is no such file.
        DataError: It cannot be decoded.
    """
    path = pathlib.Path(picture)
    if not path.is_file():
        raise RequestError(f"There is no picture {picture}.")
    try:
        encoded = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{picture} cannot be read ({error.strerror})."
        ) from error
    problem = problem_of(encoded)
    if problem:
        raise DataError(f"{picture}: {problem}.")
    return encoded


def in_language(answers: list, language: str) -> list:
    """Returns answers whose classes are named in a language, see `predict`."""
    if language == ENGLISH:
        return answers
    names = class_names_in([answer.name for answer in answers], language)
    return [
        dataclasses.replace(answer, name=name)
        for answer, name in zip(answers, names, strict=True)
    ]


def class_names_in(names: Iterable[str], language: str) -> Sequence[str]:
    """Returns names of classes in a language, see `predict`."""
    return [*names] if language == ENGLISH else translated(names, language)


def names_of_classes(model, language: str = ENGLISH) -> Sequence[str]:
    """Returns what a model's classes are called, in label order.

    Args:
        model: A model of the zoo.
        language: As `predict` has it.
    """
    return class_names_in(task_of_model(model).class_names, language)


def _views(encoded, preprocessing, tta: str, upright: bool):
    if tta == NO_VIEWS:
        return whole_picture(encoded, preprocessing, upright)[tf.newaxis]
    from pipelines.evaluation.views import views_of

    return views_of(encoded, preprocessing, tta, upright)
