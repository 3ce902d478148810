"""Random layers on several devices: each device draws its own numbers.

A seed's state is mirrored, so that all devices would drop the same units of
their parts of a batch.
"""

import keras
import tensorflow as tf

from zoo.nesting import every_layer

# Far more than a run has random layers.
_APART = 1_000_003


def draw_apart(model) -> None:
    """Has each replica draw its own numbers, from a state that is the same.

    The state stays mirrored: a checkpoint holds it once.

    Args:
        model: Changed in place; its random layers keep a `seed_generator`,
            as Keras's and the zoo's do.
    """
    for layer in every_layer(model):
        generator = getattr(layer, "seed_generator", None)
        if isinstance(generator, keras.random.SeedGenerator):
            generator.next = _apart(generator.next)


def _apart(draw):
    def next_seed(ordered=True):
        seed = draw(ordered)
        context = tf.distribute.get_replica_context()
        if context is None:
            return seed
        replica = tf.cast(context.replica_id_in_sync_group, seed.dtype)
        return seed + tf.stack([replica * _APART, tf.zeros((), seed.dtype)])

    return next_seed
