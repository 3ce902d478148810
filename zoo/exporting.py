"""A model as a program for others: TensorFlow's SavedModel."""

import os

import keras

from zoo.errors import RequestError


def export(model: keras.Model, path: str | os.PathLike) -> None:
    """Writes a SavedModel that takes pictures as they are, uint8.

    `model.export` of Keras writes one that takes float32 alone, because that
    is the kind of a `keras.Input` that says nothing: a client that sends
    bytes is refused. Needs TensorFlow.

    Args:
        model: A model of the zoo.
        path: A folder, which is made.

    Raises:
        RequestError: It has more than one input.

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
    if len(model.inputs) != 1:
        raise RequestError(
            f"A model that is exported takes pictures alone. {model.name!r} "
            f"has {len(model.inputs)} inputs."
        )
    pixels = model.inputs[0]
    signature = keras.InputSpec(
        shape=pixels.shape, dtype="uint8", name=pixels.name
    )
    model.export(
        str(path),
        format="tf_saved_model",
        input_signature=[signature],
        verbose=False,
    )
