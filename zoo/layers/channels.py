"""Making up channels, and cutting them apart, without weights."""

import keras
from keras import ops

from zoo import maps

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class SubsampleAndPadChannels(keras.layers.Layer):
    """The parameter-free shortcut of CIFAR ResNets (option A).

    He et al., "Deep Residual Learning for Image Recognition", 2015, sections
    3.3 and 4.2: every `stride`-th pixel, and zero channels to make up the
    number, split evenly before and after.

    Args:
        channels: Channels of the output; at least those of the input.
        stride: Step between the pixels that are kept.

    Raises:
        ValueError: `channels` is no whole number.

    Input shape: `(batch, height, width, fewer_channels)`.

    Output shape: `(batch, ceil(height / stride), ceil(width / stride),
    channels)`.

    Example:

    ```python
    import numpy as np
    from zoo.layers import SubsampleAndPadChannels
    y = SubsampleAndPadChannels(4, stride=2)(np.ones((1, 4, 4, 2), "float32"))
    assert np.asarray(y)[0, 1, 1].tolist() == [0, 1, 1, 0]
    ```
    """

    def __init__(self, channels: int, stride: int, **kwargs: object):
        super().__init__(**kwargs)
        if not isinstance(channels, int):
            raise ValueError(f"a number of channels is not {channels!r}")
        self.channels = channels
        self.stride = stride

    def call(self, inputs):
        # Pools of one pixel: TensorFlow pools much faster than it slices.
        x = ops.average_pool(
            inputs,
            1,
            self.stride,
            padding="valid",
            data_format=maps.LAST,
        )
        missing = self.channels - x.shape[-1]
        before = missing // 2
        return ops.pad(x, [(0, 0), (0, 0), (0, 0), (before, missing - before)])

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        halve = [
            None if side is None else -(-side // self.stride)
            for side in (height, width)
        ]
        return (batch, *halve, self.channels)

    def get_config(self):
        return {
            **super().get_config(),
            "channels": self.channels,
            "stride": self.stride,
        }


@_register
class SplitChannels(keras.layers.Layer):
    """Cuts the channels into equal parts, one for each tower.

    A split, one convolution a part and a concatenation export to ONNX, which
    a grouped convolution of Keras does not.

    Args:
        parts: Into how many parts; divides the number of channels.

    Input shape: `(batch, height, width, channels)`.

    Output shape: a list of `parts` tensors
    `(batch, height, width, channels / parts)`.

    Example:

    ```python
    import numpy as np
    from zoo.layers import SplitChannels
    left, right = SplitChannels(2)(np.zeros((1, 2, 2, 6)))
    assert left.shape == right.shape == (1, 2, 2, 3)
    ```
    """

    def __init__(self, parts: int = 2, **kwargs: object):
        super().__init__(**kwargs)
        self.parts = parts

    def call(self, inputs):
        return ops.split(inputs, self.parts, axis=-1)

    def compute_output_shape(self, input_shape):
        part = (*input_shape[:-1], input_shape[-1] // self.parts)
        return [part] * self.parts

    def get_config(self):
        return {**super().get_config(), "parts": self.parts}
