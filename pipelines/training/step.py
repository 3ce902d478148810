"""The step: one function for every strategy."""

import tensorflow as tf

# What a step adds up over its examples, in this order.
SUMS = ("loss", "top1", "top5", "examples")


def smoothed_cross_entropy(labels, logits, label_smoothing: float = 0.0):
    """Softmax cross-entropy of each example, in nats.

    Szegedy et al., "Rethinking the Inception Architecture", 2015, section 7:
    the target is 1 - label_smoothing on the class and the rest spread evenly
    over all classes.

    Args:
        labels: int `(batch,)`, or the probabilities of all classes, float32
            `(batch, classes)`.
        logits: float32 `(batch, classes)`.
        label_smoothing: In [0, 1).

    Returns:
        float32 `(batch,)`.
    """
    log_probabilities = tf.nn.log_softmax(logits)
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2:
        own = tf.reduce_sum(labels * log_probabilities, axis=-1)
    else:
        own = tf.gather(log_probabilities, labels, batch_dims=1)
    mean = tf.reduce_mean(log_probabilities, axis=-1)
    return -(1 - label_smoothing) * own - label_smoothing * mean


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
    label_smoothing: float = 0.0,
    frozen=None,
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
        label_smoothing: See `smoothed_cross_entropy`.
        frozen: What comes before `model` and does not learn, run in
            inference mode; None for nothing.

    Returns:
        A function of (images, labels), possibly distributed, that returns
        float32 `(4,)`: the sums that `SUMS` names over the global batch.
    """
    variables = list(model.trainable_variables)

    def replica_step(images, labels):
        if frozen is not None:
            images = frozen(images, training=False)
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            losses = smoothed_cross_entropy(labels, logits, label_smoothing)
            total = tf.reduce_sum(losses)
            loss = optimizer.scale_loss(total / global_batch_size)
        values = [variable.value for variable in variables]
        optimizer.apply(tape.gradient(loss, values), variables)
        top1, top5 = hits(labels, logits)
        return tf.stack(
            [
                total,
                tf.reduce_sum(top1),
                tf.reduce_sum(top5),
                tf.cast(tf.shape(labels)[0], tf.float32),
            ]
        )

    @tf.function(reduce_retracing=True)
    def train_step(images, labels):
        sums = strategy.run(replica_step, args=(images, labels))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, sums, axis=None)

    return train_step


def make_logits_step(model, strategy: tf.distribute.Strategy):
    """Builds the function that evaluation calls once a batch.

    Returns:
        A function of images, possibly distributed, that returns the logits
        of the global batch in its order.
    """

    @tf.function(reduce_retracing=True)
    def replica_logits(images):
        return strategy.run(
            lambda pixels: model(pixels, training=False), args=(images,)
        )

    def logits_step(images):
        parts = strategy.experimental_local_results(replica_logits(images))
        return tf.concat(parts, axis=0)

    return logits_step
