"""Convolution in groups of channels, with one kernel for all of them."""

import keras

from zoo import maps

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class GroupedConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D(groups=…)` that TensorFlow also trains on a CPU.

    Xie et al., "Aggregated Residual Transformations for Deep Neural
    Networks", 2016, figure 3(c): the channels are cut into equal groups, and
    each filter sees those of its own group. The kernel is one tensor, and
    what is exported to ONNX one node.

    Keras calls XLA for it under TensorFlow, which takes hundreds of times as
    long for the gradients on a CPU (7 s instead of 0.02 s for a 3x3 of 32
    groups and 128 channels on four maps of 28x28), and no exporter knows what
    to do with that call. TensorFlow's own operation does it all. JAX always
    means XLA: there networks of many groups are for accelerators.

    The arguments are those of `keras.layers.Conv2D`; channels come last.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, new_height, new_width, filters)`.

    Example:

    ```python
    import numpy as np
    from zoo.layers import GroupedConv2D
    layer = GroupedConv2D(8, 3, padding="same", groups=4)
    assert layer(np.zeros((1, 5, 5, 8), "float32")).shape == (1, 5, 5, 8)
    assert layer.kernel.shape == (3, 3, 2, 8)
    ```
    """

    def __init__(self, *args: object, **kwargs: object):
        kwargs["data_format"] = maps.LAST
        super().__init__(*args, **kwargs)

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.Variable
    ) -> keras.KerasTensor:
        if keras.backend.backend() != "tensorflow":
            return super().convolution_op(inputs, kernel)
        # Nothing else of the zoo needs it, and JAX does without.
        import tensorflow as tf

        def convolve(x, kernel):
            return tf.nn.convolution(
                x,
                kernel,
                strides=self.strides,
                padding=self.padding.upper(),
                dilations=self.dilation_rate,
            )

        # One that is hidden from this program computes nothing.
        if tf.config.list_logical_devices("GPU"):
            return convolve(inputs, kernel)
        return _with_gradients_by_group(convolve, self.groups)(
            inputs, tf.convert_to_tensor(kernel)
        )


def _with_gradients_by_group(convolve, groups: int):
    """Gives a convolution gradients that every CPU can compute.

    TensorFlow computes those of groups on a CPU only through oneDNN, which it
    leaves off where a processor has no AVX-512; group by group they need no
    more time. A SavedModel holds them as a function of their own, beside the
    one that it serves, which is a single convolution.

    Args:
        convolve: Of inputs and kernel, the outputs.
        groups: How many there are.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def grouped(x, kernel):
        def gradients(upstream):
            with tf.GradientTape() as tape:
                tape.watch((x, kernel))
                parts = zip(
                    tf.split(x, groups, axis=-1),
                    tf.split(kernel, groups, axis=-1),
                    strict=True,
                )
                # In a graph nobody reads this, and nothing computes it.
                y = tf.concat([convolve(*part) for part in parts], axis=-1)
            return tape.gradient(y, (x, kernel), upstream)

        return convolve(x, kernel), gradients

    return grouped
