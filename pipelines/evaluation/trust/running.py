"""What a model makes of pictures: its logits, and the features before them."""

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import EvaluationData
from pipelines.batches.evaluation_data import evaluation_batch
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.examples import Examples
from pipelines.data.naming import naming_bad_pictures
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.extraction import Extractor
from pipelines.tasks.table import task_of_model
from zoo.errors import RequestError
from zoo.layers import Logits
from zoo.model_metadata import find_layer


def logits_of(model, examples: Examples, progress=None) -> np.ndarray:
    """Returns what a model says of pictures, float32 `(pictures, classes)`.

    Args:
        model: A classifier of the zoo.
        examples: Pictures that can be decoded.
        progress: Called with the numbers of batches done and in all.
    """
    strategy = tf.distribute.get_strategy()
    evaluator = Evaluator(model, strategy, task_of_model(model))
    return evaluator.logits(_data(model, examples), progress)


def features_before_head(model, examples: Examples) -> np.ndarray:
    """Returns what a model's last layer sees, float32 `(pictures, width)`.

    Args:
        model: A classifier of the zoo.
        examples: Pictures that can be decoded.
    """
    data = _data(model, examples)
    extractor = Extractor(below_head(model), tf.distribute.get_strategy())
    with naming_bad_pictures(examples):
        return extractor.run(data.dataset, len(examples))


def below_head(model) -> keras.Model:
    """Returns the part of a model that ends at what its last layer sees.

    Raises:
        RequestError: It has not exactly one such layer.
    """
    head = find_layer(model, Logits)
    if head is None:
        raise RequestError(
            f"The model {model.name!r} has no single last layer, before which "
            "pictures could be compared: it is several models in one. Give "
            "one of them."
        )
    return keras.Model(model.input, head.input)


def _data(model, examples: Examples) -> EvaluationData:
    return evaluation_data(
        examples,
        zoo.preprocessing(model),
        batch_size=evaluation_batch(len(examples)),
    )
