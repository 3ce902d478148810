"""The same network on pictures of another size."""

from collections.abc import Sequence

import keras

from zoo.errors import RequestError


def resized(
    model: keras.Model, input_shape: Sequence[int | None]
) -> keras.Model:
    """Returns a model of the same layers for an input of another shape.

    It shares the layers and their weights: what one of the two learns, the
    other knows. Networks are trained on smaller pictures than they judge
    (Touvron et al., "Fixing the train-test resolution discrepancy", 2019,
    section 3): crops show things larger than whole pictures do.

    Args:
        model: A functional model, such as one of the zoo or a part of it
            that `zoo.split` returns.
        input_shape: `(height, width, channels)`, as `keras.Input` takes it.

    Returns:
        The model itself where that is its input's shape.

    Raises:
        RequestError: The model has weights that fit one size only, such as
            the dense layers of AlexNet or a transformer's positions.

    Example:

    ```python
    import numpy as np
    import zoo
    model = zoo.create_model("resnet20", input_shape=(64, 64, 3))
    smaller = zoo.resized(model, (48, 48, 3))
    assert smaller(np.zeros((1, 48, 48, 3), "uint8")).shape == (1, 10)
    assert smaller.trainable_variables[0] is model.trainable_variables[0]
    ```
    """
    input_shape = tuple(input_shape)
    if tuple(model.input.shape[1:]) == input_shape:
        return model
    try:
        copied = keras.models.clone_model(
            model,
            input_tensors=keras.Input(input_shape, dtype=model.input.dtype),
            clone_function=lambda layer: layer,
        )
    except ValueError as error:
        raise RequestError(
            f"{model.name!r} takes inputs of {tuple(model.input.shape[1:])} "
            f"only: it has weights for each place. Received: {input_shape}"
        ) from error
    return keras.Model(copied.input, copied.output, name=model.name)
