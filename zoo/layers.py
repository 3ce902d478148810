"""The few layers that Keras lacks, backend-neutral and serialisable.

Each is registered under the package `zoo`, so that a saved model loads with
plain `keras.models.load_model` once `zoo` has been imported.
"""

import dataclasses

import keras
import numpy as np
from keras import ops

from zoo.preprocessing import Preprocessing
from zoo.tokens import ClassToken
from zoo.tokens import PatchTokens
from zoo.tokens import SelfAttention

__all__ = [
    "ClassToken",
    "DropPath",
    "LocalResponseNormalization",
    "Logits",
    "PaddedMaxPooling2D",
    "PatchTokens",
    "PixelScaling",
    "SelfAttention",
    "SplitChannels",
    "SubsampleAndPadChannels",
]

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class PixelScaling(keras.layers.Layer):
    """Turns pixels into what the weights were trained on: (x − mean) / std.

    It has no weights and computes in float32 under every dtype policy. It
    multiplies by Python floats, which `.keras`, ONNX and LiteRT all keep
    (`keras.layers.Normalization` does not export to ONNX).

    It also remembers how the model was built, so that weights which want
    another network are known when they are loaded into it.

    Args:
        preprocessing: A `Preprocessing` record, or its fields as a dict.
        origin: The name of the `zoo.weights.origins.Origin` that the model
            was built for.
        variant: The model's name in the zoo.

    Input shape: `(batch, height, width, 3)`, RGB, 0…255, any dtype. With
    another number of channels see `Preprocessing.statistics`.

    Output shape: the same, float32.

    Example:

    ```python
    import numpy as np
    from zoo.layers import PixelScaling
    from zoo.preprocessing import Preprocessing
    scaling = PixelScaling(Preprocessing(32, mean=(255, 0, 0)))
    white = scaling(np.full((1, 2, 2, 3), 255, "uint8"))
    assert float(white[0, 0, 0, 0]) == 0 and float(white[0, 0, 0, 1]) == 1
    ```
    """

    def __init__(self, preprocessing, origin="zoo", variant=None, **kwargs):
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)
        if not isinstance(preprocessing, Preprocessing):
            preprocessing = Preprocessing(**preprocessing)
        self.preprocessing = preprocessing
        self.origin = origin
        self.variant = variant

    def call(self, inputs):
        mean, std = map(
            np.asarray, self.preprocessing.statistics(inputs.shape[-1])
        )
        scale = np.asarray(1 / std, "float32")
        offset = np.asarray(-mean / std, "float32")
        return ops.cast(inputs, "float32") * scale + offset

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "preprocessing": dataclasses.asdict(self.preprocessing),
            "origin": self.origin,
            "variant": self.variant,
        }


@_register
class LocalResponseNormalization(keras.layers.Layer):
    """Divides each activity by the energy of its neighbouring channels.

    `b_i = a_i / (k + alpha * sum_j a_j^2)^beta`, the sum running over the
    `n = 2 * depth_radius + 1` channels around i that exist (Krizhevsky et
    al., "ImageNet Classification with Deep Convolutional Neural Networks",
    2012, section 3.3). alpha is *not* divided by n, as the paper has it and
    Caffe and PyTorch do not. Computed in float32 under every dtype policy.

    Args:
        depth_radius: n // 2, in channels.
        bias: The paper's k.
        alpha: The paper's alpha.
        beta: The paper's beta.

    Input shape: `(batch, height, width, channels)`.

    Output shape: the same.

    Example:

    ```python
    import numpy as np
    from zoo.layers import LocalResponseNormalization
    x = np.ones((1, 1, 1, 5), "float32")
    middle = LocalResponseNormalization()(x)[0, 0, 0, 2]
    assert abs(float(middle) - (2 + 5e-4) ** -0.75) < 1e-6
    ```
    """

    def __init__(
        self, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75, **kwargs
    ):
        super().__init__(**kwargs)
        self.depth_radius = depth_radius
        self.bias = bias
        self.alpha = alpha
        self.beta = beta

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        energy = self.bias + self.alpha * self._neighbours(ops.square(x))
        return ops.cast(x * ops.power(energy, -self.beta), inputs.dtype)

    def _neighbours(self, squares):
        radius, channels = self.depth_radius, squares.shape[-1]
        padding = [(0, 0)] * (len(squares.shape) - 1) + [(radius, radius)]
        padded = ops.pad(squares, padding)
        total = squares
        for start in range(2 * radius + 1):
            if start != radius:
                total = total + padded[..., start : start + channels]
        return total

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "depth_radius": self.depth_radius,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
        }


@_register
class DropPath(keras.layers.Dropout):
    """Stochastic depth: drops the whole branch of an example, or scales it.

    Huang et al., "Deep Networks with Stochastic Depth", 2016. Survivors are
    divided by the probability of surviving, so that inference needs nothing.

    Args:
        rate: Probability that a branch is dropped, in [0, 1).

    Input shape: `(batch, …)`.

    Output shape: the same.

    Example:

    ```python
    import numpy as np
    from zoo.layers import DropPath
    y = DropPath(0.5, seed=1)(np.ones((8, 3, 3, 2)), training=True)
    assert set(np.unique(y)) == {0.0, 2.0}
    assert np.ptp(np.asarray(y), axis=(1, 2, 3)).max() == 0
    ```
    """

    def __init__(self, rate, **kwargs):
        kwargs.pop("noise_shape", None)
        super().__init__(rate, **kwargs)

    def build(self, input_shape):
        self.noise_shape = (None,) + (1,) * (len(input_shape) - 1)
        super().build(input_shape)

    def get_config(self):
        config = super().get_config()
        del config["noise_shape"]
        return config


@_register
class SubsampleAndPadChannels(keras.layers.Layer):
    """The parameter-free shortcut of CIFAR ResNets (option A).

    He et al., "Deep Residual Learning for Image Recognition", 2015, sections
    3.3 and 4.2: every `stride`-th pixel, and zero channels to make up the
    number, split evenly before and after.

    Args:
        channels: Channels of the output; at least those of the input.
        stride: Step between the pixels that are kept.

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

    def __init__(self, channels, stride, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.stride = stride

    def call(self, inputs):
        x = inputs[:, :: self.stride, :: self.stride, :]
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

    def __init__(self, parts=2, **kwargs):
        super().__init__(**kwargs)
        self.parts = parts

    def call(self, inputs):
        return ops.split(inputs, self.parts, axis=-1)

    def compute_output_shape(self, input_shape):
        part = (*input_shape[:-1], input_shape[-1] // self.parts)
        return [part] * self.parts

    def get_config(self):
        return {**super().get_config(), "parts": self.parts}


@_register
class PaddedMaxPooling2D(keras.layers.MaxPooling2D):
    """Max-pooling that pads symmetrically, with nothing that could win.

    `keras.layers.ZeroPadding2D` before a pooling would let a zero beat the
    negative border of a map that went through no ReLU. Here the map is
    mirrored at its border: a window that reaches over it also holds the
    pixels that are mirrored, which win only where they would have won. A
    very small constant would do the same in floats, but would ruin the scale
    of a model quantised to 8 bits.

    Args:
        pool_size: Side of the window, in pixels.
        strides: Step of the window, in pixels.
        border: Pixels added on each side; less than half of `pool_size`.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, new_height, new_width, channels)`.

    Example:

    ```python
    import numpy as np
    from zoo.layers import PaddedMaxPooling2D
    y = PaddedMaxPooling2D(3, 2, border=1)(-np.ones((1, 4, 4, 1), "float32"))
    assert y.shape == (1, 2, 2, 1) and float(np.max(np.asarray(y))) == -1
    ```
    """

    def __init__(self, pool_size, strides, border=1, **kwargs):
        super().__init__(pool_size, strides, padding="valid", **kwargs)
        if not 0 <= 2 * border < min(self.pool_size):
            raise ValueError(
                "border is at least 0 and less than half of pool_size, so "
                "that every window holds what is mirrored. Received: "
                f"border={border}, pool_size={self.pool_size}"
            )
        self.border = border

    def call(self, inputs):
        sides = (self.border, self.border)
        x = ops.pad(inputs, [(0, 0), sides, sides, (0, 0)], mode="reflect")
        return super().call(x)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        padded = [
            None if side is None else side + 2 * self.border
            for side in (height, width)
        ]
        return super().compute_output_shape((batch, *padded, channels))

    def get_config(self):
        config = super().get_config()
        del config["padding"]
        return {**config, "border": self.border}


@_register
class Logits(keras.layers.Dense):
    """The last layer: one float32 number a class, whatever the dtype policy.

    It also carries the names of the classes, so that they are inside every
    saved model and cannot get lost or out of order.

    Args:
        units: Number of classes.
        class_names: The names in label order, or None.

    Input shape: `(batch, features)`.

    Output shape: `(batch, units)`, float32.

    Example:

    ```python
    import numpy as np
    from zoo.layers import Logits
    head = Logits(2, class_names=("cat", "dog"))
    assert head(np.zeros((1, 3))).shape == (1, 2)
    assert head.get_config()["class_names"] == ["cat", "dog"]
    ```
    """

    def __init__(self, units, class_names=None, **kwargs):
        kwargs["dtype"] = "float32"
        super().__init__(units, **kwargs)
        self.class_names = tuple(class_names) if class_names else None

    def get_config(self):
        names = list(self.class_names) if self.class_names else None
        return {**super().get_config(), "class_names": names}
