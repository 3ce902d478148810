"""Running a model over batches, on every kind of device."""

import tensorflow as tf

from pipelines.devices.strategy import workers_of
from pipelines.waiting.work import long_at_first


def make_logits_step(model, strategy: tf.distribute.Strategy):
    """Builds the function that evaluation calls once a batch.

    Returns:
        A function of images, possibly distributed, that returns the logits
        of the global batch in its order, on every worker; whatever the model
        returns, where it has other or more outputs.
    """
    several_workers = workers_of(strategy).count > 1

    def replica_logits(images):
        found = model(images, training=False)
        if not several_workers:
            return found
        context = tf.distribute.get_replica_context()
        return tf.nest.map_structure(
            lambda each: context.all_gather(each, axis=0), found
        )

    @tf.function(reduce_retracing=True, autograph=False)
    def logits_of(images):
        return strategy.run(replica_logits, args=(images,))

    def together(found):
        parts = strategy.experimental_local_results(found)
        return parts[0] if several_workers else tf.concat(parts, axis=0)

    def logits_step(images):
        return tf.nest.map_structure(together, logits_of(images))

    return long_at_first(logits_step, "compiling the network")
