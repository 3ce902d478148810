"""Saying what is on single pictures."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.images import whole_picture
from pipelines.data.inspection.classification import classify
from pipelines.evaluation.metrics import mean_of_probabilities
from pipelines.evaluation.metrics import softmax
from pipelines.evaluation.tta import NO_VIEWS
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.weights.classes import ENGLISH
from zoo.weights.classes import translated


@dataclasses.dataclass(frozen=True)
class Guess:
    """A class and how likely the model holds it, in 0…1."""

    name: str
    probability: float


def predict(
    model,
    picture,
    top: int = 5,
    *,
    tta: str = NO_VIEWS,
    language: str = ENGLISH,
) -> list[Guess]:
    """Returns the likeliest classes of a picture, the best first.

    Args:
        model: A classifier of the zoo.
        picture: The path of a JPEG, PNG, GIF, BMP or WebP file.
        top: How many classes.
        tta: Which views of it are averaged at test time, see
            `pipelines.evaluation.tta`.
        language: What ImageNet's classes are named in, see
            `zoo.weights.classes`.

    Raises:
        RequestError: There is no such file, no such views, or no names in
            that language.
        DataError: It cannot be decoded.
    """
    path = pathlib.Path(picture)
    if not path.is_file():
        raise RequestError(f"There is no picture {picture}.")
    encoded = path.read_bytes()
    problem = classify(encoded).detail
    if problem:
        raise DataError(f"{picture}: {problem}.")
    views = _views(tf.constant(encoded), zoo.preprocessing(model), tta)
    logits = np.asarray(model(views, training=False))
    probabilities = softmax(mean_of_probabilities(list(logits)))
    names = zoo.class_names(model) or tuple(map(str, range(logits.shape[1])))
    names = translated(names, language)
    return [
        Guess(names[i], float(probabilities[i]))
        for i in np.argsort(-probabilities)[:top]
    ]


def _views(encoded, preprocessing, tta: str):
    if tta == NO_VIEWS:
        return whole_picture(encoded, preprocessing)[tf.newaxis]
    from pipelines.evaluation.views import views_of

    return views_of(encoded, preprocessing, tta)
