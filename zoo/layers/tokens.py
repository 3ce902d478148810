"""The layers of vision transformers that Keras lacks.

Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020, section 3.1. They
are registered and exported with the others, in `zoo.layers`.
"""

import keras
from keras import ops

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class PatchTokens(keras.layers.Layer):
    """Makes tokens of a map: a class token first, then row by row.

    It adds a learned position embedding to each. Weights: `class_token`,
    `(channels,)`, and `position_embeddings`, `(1 + height * width,
    channels)`, the class token's first. See
    `zoo.weights.position_embeddings` for another size of the map. `grid` is
    `(height, width)`, which the weights alone do not say.

    Input shape: `(batch, height, width, channels)`; only the batch may be
    unknown, and a map of another size is refused with a `ValueError`.

    Output shape: `(batch, 1 + height * width, channels)`.

    Example:

    ```python
    import numpy as np
    from zoo.layers.tokens import PatchTokens
    layer = PatchTokens()
    assert layer(np.ones((2, 3, 4, 8), "float32")).shape == (2, 13, 8)
    assert layer.position_embeddings.shape == (13, 8)
    assert layer.grid == (3, 4)
    ```
    """

    def build(self, input_shape):
        _, height, width, channels = input_shape
        self.grid = (height, width)
        self.input_spec = keras.InputSpec(shape=(None, *input_shape[1:]))
        self.class_token = self.add_weight(
            shape=(channels,), initializer="zeros", name="class_token"
        )
        self.position_embeddings = self.add_weight(
            shape=(1 + height * width, channels),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name="position_embeddings",
        )

    def call(self, inputs):
        _, height, width, channels = inputs.shape
        patches = ops.reshape(inputs, (-1, height * width, channels))
        token = ops.broadcast_to(
            self.class_token, (ops.shape(patches)[0], 1, channels)
        )
        tokens = ops.concatenate([token, patches], axis=1)
        return tokens + self.position_embeddings

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, 1 + height * width, channels)


@_register
class SelfAttention(keras.layers.Layer):
    """Every token asks all others: softmax(q k^T / sqrt(d)) v, in each head.

    It has no weights: a `Dense` layer before makes queries, keys and values
    at once, and one after mixes the heads. (In Keras's `MultiHeadAttention`
    four kernels share one name, which a weight file cannot keep apart; its
    step takes 20 % longer on a CPU.) The softmax is computed in float32 under
    every dtype policy.

    Args:
        heads: Their number; divides the channels.

    Input shape: `(batch, tokens, 3 * channels)`: queries, keys and values,
    each head by head.

    Output shape: `(batch, tokens, channels)`.

    Example:

    ```python
    import numpy as np
    from zoo.layers.tokens import SelfAttention
    y = SelfAttention(heads=2)(np.ones((1, 5, 3 * 8), "float32"))
    assert y.shape == (1, 5, 8) and abs(float(y[0, 0, 0]) - 1) < 1e-6
    ```
    """

    def __init__(self, heads: int, **kwargs: object):
        super().__init__(**kwargs)
        self.heads = heads

    def build(self, input_shape):
        if input_shape[-1] % (3 * self.heads):
            raise ValueError(
                "Queries, keys and values have as many channels each, and "
                f"every head too. Received: {input_shape[-1]} channels for 3 "
                f"x {self.heads} heads"
            )

    def call(self, inputs):
        query, key, value = self._parts(inputs)
        shares = ops.cast(self._shares(query, key), value.dtype)
        y = ops.einsum("bhqk,bkhd->bqhd", shares, value)
        return ops.reshape(y, (-1, y.shape[1], inputs.shape[-1] // 3))

    def shares(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Returns how much each token asks each other one, float32.

        Args:
            inputs: As the layer's own.

        Returns:
            `(batch, heads, tokens, tokens)`; rows add up to 1.
        """
        query, key, _ = self._parts(inputs)
        return self._shares(query, key)

    def _parts(self, inputs):
        """Queries, keys and values, `(batch, tokens, heads, depth)` each."""
        _, tokens, packed = inputs.shape
        depth = packed // 3 // self.heads
        return [
            ops.reshape(part, (-1, tokens, self.heads, depth))
            for part in ops.split(inputs, 3, axis=-1)
        ]

    def _shares(self, query, key):
        scale = query.shape[-1] ** -0.5
        scores = ops.einsum("bqhd,bkhd->bhqk", query * scale, key)
        return ops.softmax(ops.cast(scores, "float32"))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] // 3)

    def get_config(self):
        return {**super().get_config(), "heads": self.heads}


@_register
class ClassToken(keras.layers.Layer):
    """Takes the first token, which stands for the whole picture.

    Input shape: `(batch, tokens, channels)`.

    Output shape: `(batch, channels)`.

    Example:

    ```python
    import numpy as np
    from zoo.layers.tokens import ClassToken
    tokens = np.arange(6.0).reshape(1, 3, 2)
    assert np.asarray(ClassToken()(tokens)).tolist() == [[0, 1]]
    ```
    """

    def call(self, inputs):
        return inputs[:, 0]

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])
