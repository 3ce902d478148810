"""Whether layers of Keras and keras-cv can change pictures, and be repeated."""

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
    """Tries layers on grey pictures.

    Args:
        layers: What is asked for.
        size: Of the pictures.

    Raises:
        RequestError: One cannot be made, wants labels too, or returns
            something else than pictures of the same size.
    """
    for words in layers:
        grey = tf.fill((2, size, size, 3), np.uint8(128))
        change = layer_stage((words,), tf.constant(0, tf.int64))
        try:
            change(tf.constant(0, tf.int64), grey)
        except RequestError:
            raise
        except Exception as error:
            raise RequestError(
                f"`augmentation`: {words} does not take pictures alone: "
                f"{one_line(error)}"
            ) from None


def draws_by_itself(layers: tuple[LayerWords, ...], size: int = 32) -> bool:
    """Whether layers draw random numbers that no step decides."""
    noise = np.random.default_rng(0).integers(0, 256, (8, size, size, 3))
    images = tf.constant(noise.astype("uint8"))
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
