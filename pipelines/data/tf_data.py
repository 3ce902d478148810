"""How every pipeline of the house is run by tf.data."""

import atexit
import functools
import gc
import os

import tensorflow as tf

# Batches made ready beside the one in use.
PREFETCHED = 2


def processors() -> int:
    """Returns how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def parallel_calls() -> int:
    """Returns how many pictures are worked on at once.

    Several a processor: results are given out in order, and a large picture
    must not let the other processors wait.
    """
    return 2 * processors() + 4


def pipeline_options() -> tf.data.Options:
    """Returns what all pipelines are given: same order, no copies, no shards.

    Every host sees whole batches, which the strategy hands out.

    Example:

    ```python
    import tensorflow as tf
    from pipelines.data.tf_data import pipeline_options
    data = tf.data.Dataset.range(3).with_options(pipeline_options())
    assert list(data.as_numpy_iterator()) == [0, 1, 2]
    ```
    """
    options = tf.data.Options()
    options.deterministic = True
    # Its thread is now and then not woken when a pipeline ends, which then
    # waits for the thread's next look: 19 seconds were seen.
    options.autotune.enabled = False
    # They copy every tensor that a function refers to, such as all pictures.
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    return options


def call_python(function, arguments, dtype):
    """Calls a function of NumPy arrays from inside a graph (a py_function).

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
