"""Whether layers of Keras and keras-cv can change pictures, and be repeated."""

import contextlib

import numpy as np
import tensorflow as tf

from pipelines.batches.keras_layers import layer_stage
from pipelines.batches.keras_layers import one_line
from pipelines.batches.layer_words import LayerWords
from zoo.errors import RequestError

# Operations that draw without being told a seed.
_OWN_DRAWS = (
    "Multinomial",
    "ParameterizedTruncatedNormal",
    "Random",
    "StatefulRandom",
    "StatefulStandardNormal",
    "StatefulUniform",
    "TruncatedNormal",
)


def check_layers(layers: tuple[LayerWords, ...], size: int = 32) -> None:
    """Tries layers on pictures of noise.

    Args:
        layers: What is asked for.
        size: Of the pictures.

    Raises:
        RequestError: One cannot be made, wants labels too, or returns
            something else than pictures of the same size, in 0…255.
    """
    zero = tf.constant(0, tf.int64)
    for words in layers:
        with _said_of(words):
            changed = layer_stage((words,), zero)(zero, _noise(size))
        if tf.reduce_max(changed) <= 1:
            raise RequestError(
                f"`augmentation`: {words} returns nothing above 1 for pixels "
                "in 0…255, which it has to leave there: a model of the zoo "
                "scales them itself."
            )


@contextlib.contextmanager
def _said_of(words):
    """Has whatever a library raises inside be about the words."""
    try:
        yield
    except RequestError:
        raise
    except Exception as error:
        raise RequestError(
            f"`augmentation`: {words} does not take pictures alone: "
            f"{one_line(error)}"
        ) from None


def _noise(size: int) -> tf.Tensor:
    noise = np.random.default_rng(0).integers(0, 256, (8, size, size, 3))
    return tf.constant(noise.astype("uint8"))


def draws_by_itself(layers: tuple[LayerWords, ...], size: int = 32) -> bool:
    """Whether layers draw random numbers that no step decides.

    Args:
        layers: What is asked for.
        size: Of the pictures that they are tried on.

    Raises:
        RequestError: They cannot change what a pipeline reads.
    """
    with _said_of("+".join(map(str, layers))):
        return _draws_by_itself(layers, _noise(size))


def _draws_by_itself(layers, images) -> bool:
    step = tf.constant(1, tf.int64)
    # What is drawn with Python while a stage is traced differs between two.
    stages = [
        tf.function(layer_stage(layers, tf.constant(0, tf.int64)))
        for _ in range(2)
    ]
    first, second = (stage(step, images) for stage in stages)
    return _has_own_draws(stages[0].get_concrete_function(step, images)) or (
        bool(tf.reduce_any(first != second))
    )


def _has_own_draws(traced) -> bool:
    graph = traced.graph.as_graph_def()
    nodes = [*graph.node]
    for function in graph.library.function:
        nodes += function.node_def
    return any(node.op.startswith(_OWN_DRAWS) for node in nodes)
