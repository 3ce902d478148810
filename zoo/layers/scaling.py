"""The first layer: from pixels to what the weights were trained on."""

import dataclasses
import warnings

import keras
import numpy as np
from keras import ops

from zoo.preprocessing import Preprocessing

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class PixelScaling(keras.layers.Layer):
    """Turns pixels into what the weights were trained on: (x − mean) / std.

    It has no weights and computes in float32 under every dtype policy. It
    multiplies by Python floats, which `.keras`, ONNX and LiteRT all keep
    (`keras.layers.Normalization` does not export to ONNX).

    Pixels divided by 255 are warned about once, where the model is called by
    itself: in `fit` and `predict`, and in a function that is traced, there are
    no numbers to look at.

    It also remembers how the model was built, so that weights which want
    another network are known when they are loaded into it.

    Args:
        preprocessing: A `Preprocessing` record, or its fields as a dict.
        origin: The name of the `zoo.weights.origins.Origin` that the model
            was built for.
        variant: The model's name in the zoo.

    Raises:
        ValueError: The preprocessing or the origin is none.

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

    def __init__(
        self,
        preprocessing: Preprocessing | dict,
        origin: str = "zoo",
        variant: str | None = None,
        **kwargs: object,
    ):
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)
        if not isinstance(preprocessing, Preprocessing):
            preprocessing = Preprocessing(**preprocessing)
        if not isinstance(origin, str):
            raise ValueError(f"the name of an origin is no text: {origin!r}")
        self.preprocessing = preprocessing
        self.origin = origin
        self.variant = variant
        # Whether pixels have been seen that tell their scale.
        self._seen = False

    def build(self, input_shape):
        mean, std = map(
            np.asarray, self.preprocessing.statistics(input_shape[-1])
        )
        self._scale = np.asarray(1 / std, "float32")
        self._offset = np.asarray(-mean / std, "float32")

    def call(self, inputs):
        if not self._seen:
            self._look_at(inputs)
        return ops.cast(inputs, "float32") * self._scale + self._offset

    def _look_at(self, inputs) -> None:
        """Warns of floats in 0…1, where there are numbers to look at."""
        pixels = _numbers(inputs)
        highest = 0.0 if pixels is None else float(pixels.max(initial=0))
        # Bytes arrive as floats too, and nearly black ones are whole numbers.
        if highest <= 1 and (pixels is None or not np.any(pixels % 1)):
            return
        self._seen = True
        if highest <= 1:
            warnings.warn(
                "The pixels given to this model are at most "
                f"{highest:.3g}. A model of the zoo takes 0…255 and scales "
                "them itself: leave out the division by 255, and any other "
                "normalisation.",
                stacklevel=2,
            )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "preprocessing": dataclasses.asdict(self.preprocessing),
            "origin": self.origin,
            "variant": self.variant,
        }


def _numbers(inputs) -> np.ndarray | None:
    """The floats that are there; None of what is traced."""
    kind = keras.backend.standardize_dtype(inputs.dtype)
    if "float" not in kind or isinstance(inputs, keras.KerasTensor):
        return None
    try:
        return ops.convert_to_numpy(inputs)
    # Each backend has another word for numbers that are not there yet.
    except Exception:
        return None
