"""MixUp and CutMix: each picture of a batch mixed with another one."""

import tensorflow as tf

from pipelines.batches.mixing import Mixing
from pipelines.data.images import to_uint8


def mix(images, labels, seed, mixing: Mixing, *, classes: int, on=True):
    """Mixes a batch as a recipe says.

    Args:
        images: uint8 `(batch, height, width, 3)`.
        labels: int `(batch,)`, or 0 or 1 of shape `(batch, classes)`.
        seed: int64 `(2,)`; the same seed mixes in the same way.
        mixing: The recipe.
        classes: How many classes there are.
        on: bool scalar: False leaves the pictures alone.

    Returns:
        The pictures, uint8 of the same shape, and float32 `(batch, classes)`
        labels; of one class a picture, rows add up to 1.
    """
    drawn = tf.random.stateless_uniform((4,), seed)
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2:
        targets = tf.cast(labels, tf.float32)
    else:
        targets = tf.one_hot(labels, classes)
    mixed, weight = tf.cond(
        tf.logical_and(on, drawn[0] < mixing.probability),
        lambda: _mixed(images, seed, mixing, drawn),
        lambda: (images, tf.constant(1.0)),
    )
    mixed = tf.ensure_shape(mixed, images.shape)
    return mixed, weight * targets + (1 - weight) * tf.reverse(targets, [0])


def _mixed(images, seed, mixing, drawn):
    both = mixing.mixup > 0 and mixing.cutmix > 0
    cut = mixing.switch if both else float(mixing.cutmix > 0)
    return tf.cond(
        drawn[1] < cut,
        lambda: _cutmix(images, _beta(mixing.cutmix, seed), drawn[2:]),
        lambda: _mixup(images, _beta(mixing.mixup, seed)),
    )


def _mixup(images, weight):
    own = tf.cast(images, tf.float32)
    mixed = weight * own + (1 - weight) * tf.reverse(own, [0])
    return to_uint8(mixed), weight


def _cutmix(images, weight, middle):
    sides = tf.cast(tf.shape(images)[1:3], tf.float32)
    half = sides * tf.sqrt(1 - weight) / 2
    # The rectangle may reach out of the picture, where it is cut off.
    first = tf.round(tf.maximum(middle * sides - half, 0.0))
    last = tf.round(tf.minimum(middle * sides + half, sides))
    inside = []
    for axis in (0, 1):
        at = tf.cast(tf.range(tf.shape(images)[1 + axis]), tf.float32)
        inside.append((at >= first[axis]) & (at < last[axis]))
    cut = (inside[0][:, tf.newaxis] & inside[1])[..., tf.newaxis]
    part = tf.reduce_prod(last - first) / tf.reduce_prod(sides)
    return tf.where(cut, tf.reverse(images, [0]), images), 1 - part


def _beta(alpha: float, seed):
    """Draws from Beta(alpha, alpha), as a quotient of two Gamma numbers."""
    if alpha == 0:
        return tf.constant(1.0)
    seed = seed + tf.constant([1 << 32, 0], seed.dtype)
    one, other = tf.unstack(tf.random.stateless_gamma((2,), seed, alpha))
    # Both may vanish where alpha is tiny; then one picture stays whole.
    total = one + other
    return tf.where(total > 0, one / tf.where(total > 0, total, 1.0), 1.0)
