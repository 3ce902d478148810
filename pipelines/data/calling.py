"""Calling Python from inside a pipeline."""

import atexit
import functools
import gc

import tensorflow as tf


def call_python(function, arguments, dtype):
    """Calls a function of NumPy arrays from inside a graph.

    Args:
        function: The same arguments give the same result.
        arguments: Tensors.
        dtype: Of the one result, whose shape is left open.
    """
    _end_pipelines_at_exit()
    return tf.numpy_function(function, arguments, dtype, stateful=False)


@functools.cache
def _end_pipelines_at_exit() -> None:
    """Ends what is still read ahead before Python is taken down.

    A call that comes after that never returns, and the program, which waits
    for it when the last pipeline goes, never ends.
    """
    atexit.register(_end_pipelines)


def _end_pipelines() -> None:
    for found in gc.get_objects():
        kind = type(found)
        # There is no public name for what feeds several devices.
        if issubclass(kind, tf.data.Iterator) or (
            kind.__name__ == "OwnedMultiDeviceIterator"
        ):
            vars(found).clear()
