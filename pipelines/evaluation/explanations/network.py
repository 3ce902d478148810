"""A network taken apart at a stage, for all methods to look into."""

import functools
from collections.abc import Callable

import keras
import numpy as np
from keras import ops

import zoo
from pipelines.evaluation.explanations.gradients import compiled
from pipelines.evaluation.explanations.gradients import with_gradient
from pipelines.evaluation.explanations.stages import find_stage
from zoo.errors import RequestError
from zoo.layers import Logits
from zoo.layers import SelfAttention
from zoo.model_metadata import find_layer

# Numbers that a batch of pictures may have, for a network to be shown it at
# once: 32 pictures of 224 px.
_NUMBERS = 32 * 224 * 224 * 3
_MOST = 256


class ExplainedNetwork:
    """A model, cut at a stage; each part is compiled when it is first used.

    Whatever is asked of it is about logits, as they are before any softmax.
    Pixels are `(pictures, height, width, 3)`, RGB, 0…255; directions
    `(pictures, classes)` say what of the logits is asked for, see
    `pipelines.evaluation.explanations.targets`.

    Args:
        model: A model of the zoo.
        stage: Where maps are taken; the last stage that has one where None.

    Raises:
        RequestError: It has no such stage, no map there, or no head.

    Example:

    ```python
    import numpy as np, zoo
    from pipelines.evaluation.explanations.network import ExplainedNetwork
    network = ExplainedNetwork(zoo.create_model("resnet20"))
    maps = network.activations(np.zeros((1, 32, 32, 3), "uint8"))
    assert network.stage.name == "stage3" and maps.shape == (1, 8, 8, 64)
    ```
    """

    def __init__(self, model, stage: str | None = None):
        if find_layer(model, Logits) is None:
            raise RequestError(
                f"{model.name!r} has no head of the zoo, whose logits could be "
                "explained. Expected a classifier that the zoo has built."
            )
        self.model = _with_own_layers(model)
        self.stage = find_stage(self.model, stage)
        self._head = find_layer(self.model, Logits)

    @property
    def classes(self) -> int:
        """How many there are."""
        return self._head.units

    @property
    def grey(self) -> np.ndarray:
        """The pixel that says nothing: the mean one, float32 `(3,)`."""
        channels = self.model.input.shape[-1]
        mean, _ = zoo.preprocessing(self.model).statistics(channels)
        return np.asarray(mean, "float32")

    def batch_size(self, pixels: np.ndarray) -> int:
        """How many pictures of this size are shown to it at once."""
        return max(1, min(_MOST, _NUMBERS // pixels[0].size))

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """Returns float32 `(pictures, classes)`, of any number of pictures."""
        size = self.batch_size(pixels)
        parts = [
            self._logits(pixels[start : start + size].astype("float32"))
            for start in range(0, len(pixels), size)
        ]
        return np.concatenate(parts)

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """Returns the stage's output as it is."""
        return self._features(pixels.astype("float32"))

    def activations(self, pixels: np.ndarray) -> np.ndarray:
        """Returns the stage's maps, `(pictures, height, width, channels)`."""
        return self.stage.as_map(self.features(pixels))

    def feature_gradients(
        self, features: np.ndarray, directions: np.ndarray
    ) -> np.ndarray:
        """Returns what the logits change by with the stage's output.

        Only what lies behind the stage is computed.
        """
        return self._tail_gradients(features.astype("float32"), directions)[1]

    def pixel_gradients(
        self, pixels: np.ndarray, directions: np.ndarray
    ) -> np.ndarray:
        """Returns what the logits change by with each pixel, float32."""
        return self._pixel_gradients(pixels.astype("float32"), directions)[1]

    def attention(self, pixels: np.ndarray) -> np.ndarray:
        """Returns how much each token asks each other one, block by block.

        Returns:
            float32 `(pictures, blocks, tokens, tokens)`, the means of a
                block's heads; rows add up to 1.

        Raises:
            RequestError: The network has no attention.
        """
        return self._attention(pixels.astype("float32"))

    @functools.cached_property
    def _logits(self) -> Callable:
        return compiled(self._ending(self.model.input))

    @functools.cached_property
    def _features(self) -> Callable:
        part = keras.Model(self.model.input, self.stage.output)
        return compiled(
            lambda pixels: ops.cast(part(pixels, training=False), "float32")
        )

    @functools.cached_property
    def _tail_gradients(self) -> Callable:
        return with_gradient(_along(self._ending(self.stage.output)))

    @functools.cached_property
    def _pixel_gradients(self) -> Callable:
        return with_gradient(_along(self._ending(self.model.input)))

    @functools.cached_property
    def _attention(self) -> Callable:
        layers = [
            layer
            for layer in self.model.layers
            if isinstance(layer, SelfAttention)
        ]
        if not layers:
            raise RequestError(
                f"{self.model.name!r} has no attention to roll out: it is no "
                "transformer."
            )
        part = keras.Model(self.model.input, [layer.input for layer in layers])

        def shares(pixels):
            asked = part(pixels, training=False)
            each = zip(layers, asked, strict=True)
            heads = [layer.shares(queries) for layer, queries in each]
            return ops.mean(ops.stack(heads, axis=1), axis=2)

        return compiled(shares)

    def _ending(self, start) -> Callable:
        """A function of a tensor of the model to logits, before any softmax."""
        head = self._head
        part = keras.Model(start, head.input)

        def logits(x):
            features = ops.cast(part(x, training=False), "float32")
            return ops.matmul(features, head.kernel) + head.bias

        return logits


def _with_own_layers(model):
    """Returns a model whose layers are called in no other graph before it.

    Layers tell the tensors of the first graph that they are in, and
    `zoo.resized` shares them.
    """
    if find_layer(model, Logits).output is model.output:
        return model
    return copied(model, lambda values: values)


def copied(model, change: Callable[[np.ndarray], np.ndarray]) -> keras.Model:
    """Returns a model of layers of its own.

    Args:
        model: Stays as it is.
        change: Given the numbers of each weight, returns those of the copy.
    """
    copy = keras.models.clone_model(model)
    for own, weight in zip(model.weights, copy.weights, strict=True):
        weight.assign(change(keras.ops.convert_to_numpy(own)))
    return copy


def _along(logits: Callable) -> Callable:
    """The logits of each picture, multiplied by what is asked of it."""
    return lambda x, directions: ops.sum(logits(x) * directions, axis=-1)
