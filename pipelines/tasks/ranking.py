"""Whether the right class is among the best: once in a graph, once exact.

Of equal logits the first one wins, as in argmax. Where a logit is NaN none is
right: a broken model is not right.
"""

import numpy as np
import tensorflow as tf

from pipelines.tasks.row_blocks import by_blocks


def hits(labels, logits, most: tuple[int, ...]) -> list:
    """Returns whether each label is among the best logits, in a graph.

    Args:
        labels: int `(batch,)`, or probabilities, float `(batch, classes)`,
            of which the most probable class counts.
        logits: float `(batch, classes)`.
        most: Among how many; each gives a float32 `(batch,)` of 0 and 1.
    """
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2:
        labels = tf.argmax(labels, axis=-1)
    labels = tf.cast(labels, tf.int32)
    own = tf.gather(logits, labels, batch_dims=1)[:, tf.newaxis]
    earlier = tf.range(tf.shape(logits)[1]) < labels[:, tf.newaxis]
    ahead = (logits > own) | ((logits == own) & earlier)
    place = tf.reduce_sum(tf.cast(ahead, tf.int32), axis=-1)
    valid = ~tf.reduce_any(tf.math.is_nan(logits), axis=-1)
    return [tf.cast(valid & (place < k), tf.float32) for k in most]


def in_top(logits: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Returns whether the label is among the `k` best logits, in NumPy.

    Args:
        logits: `(examples, classes)`.
        labels: int `(examples,)`.
        k: Among how many.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.ranking import in_top
    logits = np.array([[3.0, 2.0, 2.0]] * 3)
    assert in_top(logits, np.arange(3), 2).tolist() == [True, True, False]
    ```
    """

    def among(logits, labels):
        own = logits[np.arange(len(labels)), labels][:, np.newaxis]
        earlier = np.arange(logits.shape[1]) < labels[:, np.newaxis]
        ahead = (logits > own) | ((logits == own) & earlier)
        return (ahead.sum(axis=1) < k) & ~np.isnan(logits).any(axis=1)

    return by_blocks(among, logits, labels)
