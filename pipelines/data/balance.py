"""Classes of unequal size, few pictures and wrong labels: pure functions."""

import numpy as np
import tensorflow as tf

from pipelines.data.examples import Examples
from zoo.errors import DataError
from zoo.errors import RequestError


def class_weights(counts: np.ndarray, power: float = 1.0) -> np.ndarray:
    """Weights classes by how rare they are.

    A class of n pictures weighs n^-power, scaled so that the mean over all
    pictures is 1: the loss keeps its size, and the learning rate its meaning.

    Args:
        counts: int `(classes,)`: the pictures of each class.
        power: 0 for no weights, 1 for classes that weigh the same in all.

    Returns:
        float32 `(classes,)`; 0 for a class without pictures.

    Example:

        >>> from pipelines.data.balance import class_weights
        >>> class_weights([30, 10]).round(3).tolist()
        [0.667, 2.0]
    """
    counts = np.asarray(counts, "float64")
    present = counts > 0
    weights = np.zeros(len(counts))
    weights[present] = counts[present] ** -power
    return (weights * counts.sum() / (weights @ counts)).astype("float32")


def example_weights(targets, weights):
    """Returns each example's weight in a class-weighted loss.

    With soft labels (MixUp, CutMix, label smoothing) an example weighs what
    its classes weigh on average; for one class alone that is its weight.
    Keras's `class_weight` takes the largest entry's instead.

    Args:
        targets: float `(batch, classes)`, each row a distribution.
        weights: float `(classes,)`, for example of `class_weights`.

    Returns:
        float32 `(batch,)`.
    """
    targets = tf.cast(targets, tf.float32)
    return tf.linalg.matvec(targets, tf.cast(weights, tf.float32))


def logit_adjustment(counts: np.ndarray, tau: float = 1.0) -> np.ndarray:
    """What is added to the logits in the loss so that rare classes count.

    Menon et al. 2020, "Long-tail learning via logit adjustment", equation
    10: training on `logits + tau * log(prior)` makes the plain logits those
    of equally frequent classes. Nothing is added when judging.

    Args:
        counts: int `(classes,)`: the training pictures of each class.
        tau: 0 adjusts nothing, 1 is consistent for the balanced error.

    Returns:
        float32 `(classes,)`.

    Raises:
        DataError: A class has no pictures.
    """
    counts = np.asarray(counts, "float64")
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        raise DataError(
            "Logit adjustment needs pictures of every class; class "
            f"{empty[0]} (counted from 0) has none. Take it out."
        )
    return (tau * np.log(counts / counts.sum())).astype("float32")


def shots(examples: Examples, count: int, seed: int = 0) -> np.ndarray:
    """Chooses a few pictures of every class; returns their places.

    The pictures of fewer shots are among those of more shots.

    Args:
        examples: What is chosen from.
        count: How many of each class, at least 1.
        seed: Decides which; the same ones for the same seed.

    Raises:
        RequestError: Fewer than one was asked for.
        DataError: A class has fewer pictures than that.
    """
    if count < 1:
        raise RequestError(f"`shots` is 1 or more. Received: {count}")
    sizes = examples.counts()
    short = np.flatnonzero(sizes < count)
    if len(short):
        names = [f"{examples.class_names[i]!r} ({sizes[i]})" for i in short[:5]]
        raise DataError(
            f"`shots={count}` is more than some classes have: "
            f"{', '.join(names)}{' …' if len(short) > 5 else ''}. Give at "
            f"most {sizes.min()}."
        )
    random = np.random.default_rng([seed, 0x5407])
    chosen = [
        random.permutation(members)[:count] for members in examples.members()
    ]
    return np.sort(np.concatenate(chosen))


def noisy_labels(
    labels: np.ndarray, classes: int, rate: float, seed: int = 0
) -> np.ndarray:
    """Makes a part of the labels wrong, each by another class at random.

    Symmetric noise as in Zhang and Sabuncu 2018, section 4.1, but never the
    right class by chance, so that the rate is exact.

    Args:
        labels: int `(examples,)`, each in 0…classes-1.
        classes: How many there are, at least 2.
        rate: The part that becomes wrong, in 0…1, rounded to whole labels.
        seed: Decides which, and what they become.

    Returns:
        The same shape and dtype.
    """
    random = np.random.default_rng([seed, 0x401])
    labels = np.array(labels)
    wrong = random.permutation(len(labels))[: round(rate * len(labels))]
    shift = random.integers(1, classes, len(wrong))
    labels[wrong] = (labels[wrong] + shift) % classes
    return labels
