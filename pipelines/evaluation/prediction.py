"""Saying what is on single pictures."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.checks import inspect
from pipelines.data.images import whole_picture
from pipelines.evaluation.metrics import softmax
from zoo.errors import DataError
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class Guess:
    """A class and how likely the model holds it, in 0…1."""

    name: str
    probability: float


def predict(model, picture, top: int = 5) -> list[Guess]:
    """Returns the likeliest classes of a picture, the best first.

    Args:
        model: A classifier of the zoo.
        picture: The path of a JPEG, PNG, GIF, BMP or WebP file.
        top: How many classes.

    Raises:
        RequestError: There is no such file.
        DataError: It cannot be decoded.
    """
    path = pathlib.Path(picture)
    if not path.is_file():
        raise RequestError(f"There is no picture {picture}.")
    encoded = path.read_bytes()
    _, problem = inspect(encoded)
    if problem:
        raise DataError(f"{picture}: {problem}.")
    pixels = whole_picture(tf.constant(encoded), zoo.preprocessing(model))
    logits = np.asarray(model(pixels[tf.newaxis], training=False))[0]
    probabilities = softmax(logits)
    names = zoo.class_names(model) or tuple(map(str, range(len(logits))))
    return [
        Guess(names[i], float(probabilities[i]))
        for i in np.argsort(-probabilities)[:top]
    ]
