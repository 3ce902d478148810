"""The step: one function for every strategy."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from pipelines.training.averaging import WeightAverage

# What a step adds up over its examples, in this order.
SUMS = ("loss", "top1", "top5", "examples")
# What a step returns: those, the norm of the gradients (NaN where it would
# have to be summed over replicas only to be shown), and what was asked.
MEASURES = (*SUMS, "gradient_norm", "asked")
_NOT_ASKED = np.float32(0)
_TINY = 1e-6


@dataclasses.dataclass(frozen=True)
class StepOptions:
    """What happens between gradients and update, and after it.

    Args:
        accumulate: Parts into which a replica cuts its examples, one after
            the other in memory, for one update (gradient accumulation).
            BatchNorm sees the parts.
        clip_norm: What the norm of all gradients, summed over replicas, is
            brought down to where it is larger; None for no limit.
        average: A running mean of the weights to update, or None.
    """

    accumulate: int = 1
    clip_norm: float | None = None
    average: WeightAverage | None = None


def hits(labels, logits):
    """Whether each label is the best, and among the five best, logits.

    Of equal logits the first one wins, as in argmax. Neither where a logit
    is NaN: a broken model is not right. Of labels that are probabilities,
    float `(batch, classes)`, the most probable class counts.
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
    return (
        tf.cast(valid & (place < 1), tf.float32),
        tf.cast(valid & (place < 5), tf.float32),
    )


def make_train_step(
    model,
    optimizer,
    strategy: tf.distribute.Strategy,
    *,
    global_batch_size: int,
    loss,
    frozen=None,
    options: StepOptions | None = None,
):
    """Builds the function that a trainer calls once a step.

    The loss is the sum over a replica's examples divided by the *global*
    batch size; the optimizer sums gradients over replicas, so the update is
    that of one device with the whole batch. Which variables are trained is
    fixed at the first call.

    Args:
        model: What learns: pixels, or what `frozen` returns, in; float32
            logits out.
        optimizer: A Keras optimizer, made and built in the strategy's scope.
        strategy: Any strategy, the default one included.
        global_batch_size: Examples of a step over all replicas.
        loss: Given labels and logits, returns the loss of each example.
        frozen: What comes before `model` and does not learn, run in
            inference mode; None for nothing.
        options: What else a step does; the usual where None.

    Returns:
        A function of (images, labels, asked), possibly distributed, that
        returns float32 `(6,)`: what `MEASURES` names over the global batch.
        `asked` is a number that comes back summed over the workers.
    """
    options = options or StepOptions()
    clip_norm = options.clip_norm
    variables = list(model.trainable_variables)
    replicas = strategy.num_replicas_in_sync

    def gradients(images, labels):
        """Of the loss, its sum over the examples, and the logits."""
        if frozen is not None:
            images = frozen(images, training=False)
        values = [variable.value for variable in variables]
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            total = tf.reduce_sum(loss(labels, logits))
            scaled = optimizer.scale_loss(total / global_batch_size)
        return tape.gradient(scaled, values), total, logits

    def replica_step(images, labels, asked):
        found, total, logits = _accumulated(
            gradients, images, labels, options.accumulate
        )
        norm = tf.constant(math.nan)
        if clip_norm is not None or replicas == 1:
            scale = tf.cast(optimizer.scale_loss(1.0), tf.float32)
            norm = _norm_over_replicas(found) / scale
        if clip_norm is not None:
            factor = tf.minimum(1.0, clip_norm / (norm + _TINY))
            found = [each * tf.cast(factor, each.dtype) for each in found]
        optimizer.apply(found, variables)
        top1, top5 = hits(labels, logits)
        return tf.stack(
            [
                total,
                tf.reduce_sum(top1),
                tf.reduce_sum(top5),
                tf.cast(tf.shape(labels)[0], tf.float32),
                norm / replicas,
                asked,
            ]
        )

    # Without AutoGraph, which reads the source anew when a step is traced: it
    # may have been edited since the run began.
    @tf.function(reduce_retracing=True, autograph=False)
    def train_step(images, labels, asked=_NOT_ASKED):
        sums = strategy.run(replica_step, args=(images, labels, asked))
        if options.average is not None:
            options.average.update()
        return strategy.reduce(tf.distribute.ReduceOp.SUM, sums, axis=None)

    return train_step


def _accumulated(gradients, images, labels, parts: int):
    """Adds up what `gradients` returns for each part of a replica's batch."""
    if parts == 1:
        return gradients(images, labels)
    found, total, logits = None, 0.0, []
    # Unrolled: the collectives of several replicas may not be in a loop.
    for pixels, targets in zip(
        tf.split(images, parts), tf.split(labels, parts), strict=True
    ):
        more, loss, scores = gradients(pixels, targets)
        found = more if found is None else _sum(found, more)
        total += loss
        logits.append(scores)
    return found, total, tf.concat(logits, axis=0)


def _sum(ones, others):
    return [one + other for one, other in zip(ones, others, strict=True)]


def _norm_over_replicas(gradients):
    """The norm of the gradients after their sum over all replicas."""
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync > 1:
        gradients = context.all_reduce(
            tf.distribute.ReduceOp.SUM,
            [tf.convert_to_tensor(g) for g in gradients],
        )
    return tf.linalg.global_norm(
        [tf.cast(each, tf.float32) for each in gradients]
    )
