"""The step: one function for every strategy."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from pipelines.tasks.task import Task
from pipelines.training.averaging import WeightAverage
from pipelines.waiting.work import long_at_first

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


def measures_of(task: Task) -> tuple[str, ...]:
    """Returns the names of what a step returns, in its order.

    First what it adds up over its examples: `loss`, what the task counts, and
    `examples`. Then the norm of the gradients, NaN where it would have to be
    summed over replicas only to be shown, and what was asked.
    """
    return ("loss", *task.sums, "examples", "gradient_norm", "asked")


def make_train_step(
    model,
    optimizer,
    strategy: tf.distribute.Strategy,
    *,
    global_batch_size: int,
    task: Task,
    frozen=None,
    options: StepOptions | None = None,
):
    """Builds the function that a trainer calls once a step.

    The loss is the sum over a replica's examples divided by the *global*
    batch size; the optimizer sums gradients over replicas, so the update is
    that of one device with the whole batch. Which variables are trained is
    fixed at the first call.

    Args:
        model: What learns: pixels, or what `frozen` returns, in; what the
            task learns by out.
        optimizer: A Keras optimizer, made and built in the strategy's scope.
        strategy: Any strategy, the default one included.
        global_batch_size: Examples of a step over all replicas.
        task: What is learned: its loss, and what it counts.
        frozen: What comes before `model` and does not learn, run in
            inference mode; None for nothing.
        options: What else a step does; the usual where None.

    Returns:
        A function of (inputs, targets, asked), possibly distributed, that
        returns float32 `(measures,)`: what `measures_of` names over the
        global batch.
        `asked` is a number that comes back summed over the workers.
    """
    options = options or StepOptions()
    clip_norm = options.clip_norm
    variables = list(model.trainable_variables)
    replicas = strategy.num_replicas_in_sync

    def gradients(inputs, targets):
        """Of the loss, and the sums over the examples, `(sums,)`."""
        examples = tf.shape(tf.nest.flatten(inputs)[0])[0]
        if frozen is not None:
            inputs = frozen(inputs, training=False)
        values = [variable.value for variable in variables]
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            total = tf.reduce_sum(task.loss(targets, outputs))
            scaled = optimizer.scale_loss(total / global_batch_size)
        counted = task.count(targets, outputs)
        sums = tf.stack([total, *counted, tf.cast(examples, tf.float32)])
        return tape.gradient(scaled, values), sums

    def replica_step(inputs, targets, asked):
        found, sums = _accumulated(
            gradients, inputs, targets, options.accumulate
        )
        norm = tf.constant(math.nan)
        if clip_norm is not None or replicas == 1:
            scale = tf.cast(optimizer.scale_loss(1.0), tf.float32)
            norm = _norm_over_replicas(found) / scale
        if clip_norm is not None:
            factor = tf.minimum(1.0, clip_norm / (norm + _TINY))
            found = [each * tf.cast(factor, each.dtype) for each in found]
        optimizer.apply(found, variables)
        return tf.concat([sums, tf.stack([norm / replicas, asked])], axis=0)

    # Without AutoGraph, which reads the source anew when a step is traced: it
    # may have been edited since the run began.
    @tf.function(reduce_retracing=True, autograph=False)
    def train_step(inputs, targets, asked=_NOT_ASKED):
        sums = strategy.run(replica_step, args=(inputs, targets, asked))
        if options.average is not None:
            options.average.update()
        return strategy.reduce(tf.distribute.ReduceOp.SUM, sums, axis=None)

    return long_at_first(train_step, "compiling the training step")


def _accumulated(gradients, inputs, targets, parts: int):
    """Adds up what `gradients` returns for each part of a replica's batch."""
    if parts == 1:
        return gradients(inputs, targets)
    batch = inputs, targets
    pieces = [tf.split(each, parts) for each in tf.nest.flatten(batch)]
    found, sums = None, 0.0
    # Unrolled: the collectives of several replicas may not be in a loop.
    for piece in zip(*pieces, strict=True):
        more, counted = gradients(*tf.nest.pack_sequence_as(batch, piece))
        found = more if found is None else _sum(found, more)
        sums += counted
    return found, sums


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
