"""Saying what is on single pictures."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.checks import problem_of
from pipelines.data.images import whole_picture
from pipelines.evaluation.metrics import mean_of_probabilities
from pipelines.evaluation.metrics import softmax
from pipelines.evaluation.tta import NO_VIEWS
from zoo.errors import DataError
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class Guess:
    """A class and how likely the model holds it, in 0…1."""

    name: str
    probability: float


def predict(
    model, picture, top: int = 5, *, tta: str = NO_VIEWS
) -> list[Guess]:
    """Returns the likeliest classes of a picture, the best first.

    Args:
        model: A classifier of the zoo.
        picture: The path of a JPEG, PNG, GIF, BMP, WebP or TIFF file.
        top: How many classes.
        tta: Which views of it are averaged at test time, see
            `pipelines.evaluation.tta`.

    Raises:
        RequestError: There is no such file, or no such views.
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
    views = _views(tf.constant(encoded), zoo.preprocessing(model), tta)
    logits = np.asarray(model(views, training=False))
    probabilities = softmax(mean_of_probabilities(list(logits)))
    names = zoo.class_names(model) or tuple(map(str, range(logits.shape[1])))
    return [
        Guess(names[i], float(probabilities[i]))
        for i in np.argsort(-probabilities)[:top]
    ]


def _views(encoded, preprocessing, tta: str):
    if tta == NO_VIEWS:
        return whole_picture(encoded, preprocessing)[tf.newaxis]
    from pipelines.evaluation.views import views_of

    return views_of(encoded, preprocessing, tta)
