"""Compiled functions and their gradients, under each of Keras's backends.

What is compiled here is given NumPy arrays and returns NumPy arrays.
"""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from pipelines.waiting.work import long_at_first
from zoo.errors import RequestError

_COMPILING = "compiling the network"


def compiled(function: Callable) -> Callable:
    """Returns a function of arrays that the backend compiles.

    Args:
        function: Of tensors, to one tensor.

    Raises:
        RequestError: The backend can do no such thing here.
    """
    return _in_numpy(_backend().compiled(function))


def with_gradient(function: Callable) -> Callable:
    """Returns a compiled function that has gradients beside its values.

    Args:
        function: Of tensors, the first of them floats, to a number for each
            of their rows, which depends on that row alone.

    Returns:
        A function of the same arrays to the numbers, `(rows,)`, and what they
            change by with the first array, in its shape.

    Raises:
        RequestError: The backend can do no such thing here.

    Example:

    ```python
    import numpy as np
    from keras import ops
    from pipelines.evaluation.explanations.gradients import with_gradient
    squares = with_gradient(lambda x: ops.sum(x * x, axis=-1))
    values, slopes = squares(np.array([[3.0, 4.0]], "float32"))
    assert values.tolist() == [25] and slopes.tolist() == [[6, 8]]
    ```
    """
    return _in_numpy(_backend().with_gradient(function))


def _in_numpy(function: Callable) -> Callable:
    def call(*arrays):
        found = function(*arrays)
        return keras.tree.map_structure(
            lambda each: np.asarray(keras.ops.convert_to_numpy(each)), found
        )

    return long_at_first(call, _COMPILING)


def _backend() -> "_Backend":
    name = keras.backend.backend()
    if name not in _BACKENDS:
        raise RequestError(
            f"Explanations run under {' and '.join(_BACKENDS)}. Received: "
            f"KERAS_BACKEND={name}"
        )
    return _BACKENDS[name]


def _compiled_by_tensorflow(function: Callable) -> Callable:
    import tensorflow as tf

    return tf.function(function, autograph=False, reduce_retracing=True)


def _with_gradient_of_tensorflow(function: Callable) -> Callable:
    import tensorflow as tf

    def both(x, *others):
        with tf.GradientTape() as tape:
            tape.watch(x)
            values = function(x, *others)
        return values, tape.gradient(values, x)

    return _compiled_by_tensorflow(both)


def _compiled_by_jax(function: Callable) -> Callable:
    import jax

    return jax.jit(function)


def _with_gradient_of_jax(function: Callable) -> Callable:
    import jax

    def total(x, *others):
        values = function(x, *others)
        return values.sum(), values

    def both(x, *others):
        found = jax.value_and_grad(total, has_aux=True)(x, *others)
        (_, values), gradients = found
        return values, gradients

    return jax.jit(both)


@dataclasses.dataclass(frozen=True)
class _Backend:
    compiled: Callable
    with_gradient: Callable


_BACKENDS = {
    "tensorflow": _Backend(
        _compiled_by_tensorflow, _with_gradient_of_tensorflow
    ),
    "jax": _Backend(_compiled_by_jax, _with_gradient_of_jax),
}
