"""What a pretrained network of the zoo makes of pictures."""

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.datasets import evaluation_data
from pipelines.data.examples import Examples
from zoo.preprocessing import Preprocessing

SIDE = 64
_BATCH = 128


def features_of(
    examples: Examples, model: str, weights: str, progress=None
) -> np.ndarray:
    """Runs pictures through a network up to its pooled features.

    Args:
        examples: The pictures; all of them decodable.
        model: Its name in the zoo.
        weights: Which ones.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        float32 of shape `(examples, features)`.

    Raises:
        RequestError: There is no such model, or no such weights.
        tf.errors.InvalidArgumentError: A picture cannot be decoded.
    """
    network = zoo.create_model(
        model, weights=weights, input_shape=(SIDE, SIDE, 3)
    )
    pooled = keras.Model(network.input, network.get_layer("head_pool").output)
    run = tf.function(lambda images: pooled(images, training=False))
    record = Preprocessing(SIDE, crop_fraction=1.0)
    data = evaluation_data(examples, record, batch_size=_BATCH)
    parts, done = [], 0
    for images, _, valid in data.dataset:
        count = int(tf.reduce_sum(valid))
        parts.append(run(images).numpy()[:count])
        done += count
        if progress:
            progress(done, len(examples))
    return np.concatenate(parts)
