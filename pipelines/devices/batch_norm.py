"""BatchNorm as a run needs it: fused on one device, synchronised on several.

Keras computes BatchNorm out of separate float32 operations. TensorFlow's
fused kernel gives the same numbers: a ResNet-20 in mixed bfloat16 trains
twice as fast with it on a CPU (the benchmark `step`). The copy that
is trained keeps depthwise convolutions in float32 there, for speed as well.
"""

import keras
import tensorflow as tf

from pipelines.devices.randomness import draw_apart


@keras.saving.register_keras_serializable(package="pipelines")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` through TensorFlow's fused kernel.

    Input shape: `(batch, height, width, channels)`.

    Output shape: the same.

    Example:

    ```python
    import keras, numpy as np
    from pipelines.devices.batch_norm import FusedBatchNormalization
    x = np.random.default_rng(0).normal(size=(8, 4, 4, 3)).astype("float32")
    ours = FusedBatchNormalization()(x, training=True)
    theirs = keras.layers.BatchNormalization()(x, training=True)
    assert np.abs(ours - theirs).max() < 1e-5
    ```
    """

    def call(self, inputs, training=None, mask=None):
        inputs = tf.cast(inputs, self.compute_dtype)
        scale, offset = self._scale_and_offset()
        if not (training and self.trainable):
            return tf.compat.v1.nn.fused_batch_norm(
                inputs,
                scale,
                offset,
                tf.cast(self.moving_mean, tf.float32),
                tf.cast(self.moving_variance, tf.float32),
                epsilon=self.epsilon,
                is_training=False,
            )[0]
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, scale, offset, epsilon=self.epsilon, is_training=True
        )[:3]
        # The kernel divides by n - 1, Keras by n.
        count = tf.cast(tf.size(inputs) // tf.size(mean), tf.float32)
        variance *= (count - 1) / count
        self._move(self.moving_mean, mean)
        self._move(self.moving_variance, variance)
        return outputs

    def _scale_and_offset(self):
        channels = self.moving_mean.shape
        scale = self.gamma if self.scale else tf.ones(channels)
        offset = self.beta if self.center else tf.zeros(channels)
        return tf.cast(scale, tf.float32), tf.cast(offset, tf.float32)

    def _move(self, average, value):
        average.assign(average * self.momentum + value * (1 - self.momentum))


def plain_copy(model):
    """Returns a copy as it is saved: float32, and plain Keras BatchNorm.

    Everything else, preprocessing and class names among it, is that of the
    model.
    """

    def copy(layer):
        config = {**layer.get_config(), "dtype": "float32"}
        if isinstance(layer, keras.layers.BatchNormalization):
            config["synchronized"] = False
            return keras.layers.BatchNormalization.from_config(config)
        return layer.__class__.from_config(config)

    copied = keras.models.clone_model(model, clone_function=copy)
    copied.set_weights(model.get_weights())
    # A clone is compiled as the model was, with an optimizer that a file
    # would ask for wherever it is loaded.
    return keras.Model(copied.input, copied.output, name=model.name)


def trainable_copy(model, replicas: int = 1):
    """Returns a copy of a model whose layers suit the devices.

    The copy has the same layers under the same names and starts with the
    same weights. On several devices its random layers draw apart. Call it in
    the strategy's scope.

    Args:
        model: A flat functional model.
        replicas: Devices that share a batch. With more than one, statistics
            are those of the global batch, so that the number of devices
            does not change the result.
    """

    exact_depthwise = not tf.config.list_logical_devices("GPU")

    def copy(layer):
        config = layer.get_config()
        if exact_depthwise and isinstance(layer, keras.layers.DepthwiseConv2D):
            # In bfloat16 their gradients are several times slower on a CPU.
            config["dtype"] = "float32"
        if type(layer) is not keras.layers.BatchNormalization:
            return layer.__class__.from_config(config)
        if replicas > 1:
            return keras.layers.BatchNormalization(
                **{**config, "synchronized": True}
            )
        return FusedBatchNormalization.from_config(config)

    copied = keras.models.clone_model(model, clone_function=copy)
    copied.set_weights(model.get_weights())
    if replicas > 1:
        draw_apart(copied)
    return copied
