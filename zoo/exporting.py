"""A model as a program for others: TensorFlow's SavedModel."""

import os

import keras

from zoo.errors import RequestError


def export(model: keras.Model, path: str | os.PathLike) -> None:
    """Writes a SavedModel that takes pictures as they are, uint8.

    `model.export` of Keras writes one that takes float32 alone, because that
    is the kind of a `keras.Input` that says nothing: a client that sends
    bytes is refused. It also writes every weight twice: once as Keras's
    variable and once as the one of TensorFlow inside of it, which a
    checkpoint takes for two things. Needs TensorFlow.

    Args:
        model: A model of the zoo.
        path: A folder, which is made.

    Raises:
        RequestError: It has more than one input.
        OSError: It cannot be written.

    Example:

    ```python
    import tempfile
    import numpy as np
    import tensorflow as tf
    import zoo
    model = zoo.create_model("alexnet_cifar")
    with tempfile.TemporaryDirectory() as folder:
        zoo.export(model, f"{folder}/net")
        served = tf.saved_model.load(f"{folder}/net")
        assert served.serve(np.zeros((2, 32, 32, 3), "uint8")).shape == (2, 10)
    ```
    """
    import tensorflow as tf

    if len(model.inputs) != 1:
        raise RequestError(
            f"A model that is exported takes pictures alone. {model.name!r} "
            f"has {len(model.inputs)} inputs."
        )
    pixels = model.inputs[0]
    spec = tf.TensorSpec(pixels.shape, tf.uint8, pixels.name)
    serve = tf.function(
        lambda pixels: model(pixels, training=False), input_signature=[spec]
    )
    write_function(serve, model.weights, path)


def write_function(function, weights, path) -> None:
    """Writes a function as a SavedModel, and each of its weights once.

    Args:
        function: A `tf.function` with one signature.
        weights: Keras's variables, all that it reads.
        path: A folder, which is made.

    Raises:
        OSError: It cannot be written.
    """
    import tensorflow as tf

    program = tf.Module()
    program.kept = [weight.value for weight in weights]
    program.serve = function
    signatures = {"serving_default": function}
    try:
        tf.saved_model.save(program, str(path), signatures=signatures)
    except tf.errors.OpError as error:
        # What the operating system refuses, in TensorFlow's words.
        raise OSError(f"{path}: {error.message}") from error
