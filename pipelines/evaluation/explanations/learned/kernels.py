"""The first kernels of a network, which are pictures themselves."""

import keras
import numpy as np

from zoo.layers import SplitChannels

# Of more, the first ones.
MOST = 96
_COLOURS = 3


def first_kernels(model) -> list[np.ndarray]:
    """Returns what the first convolution looks for.

    Of a network whose next convolution has towers, those that each tower sees
    are a part of their own: AlexNet's two learn form and colour (Krizhevsky et
    al., 2012, figure 3).

    Args:
        model: A model of the zoo that takes RGB.

    Returns:
        uint8 `(kernels, height, width, 3)`, a part each; grey is 0. None
            where the network does not begin with a convolution of colours.

    Example:

    ```python
    import zoo
    from pipelines.evaluation.explanations.learned.kernels import first_kernels
    (kernels,) = first_kernels(zoo.create_model("resnet20"))
    assert kernels.shape == (16, 3, 3, 3)
    ```
    """
    layer = next(
        (
            layer
            for layer in model.layers
            if isinstance(layer, keras.layers.Conv2D)
        ),
        None,
    )
    if layer is None or layer.kernel.shape[2] != _COLOURS:
        return []
    kernels = keras.ops.convert_to_numpy(layer.kernel).transpose(3, 0, 1, 2)
    largest = np.abs(kernels).max(axis=(1, 2, 3), keepdims=True)
    scaled = kernels / np.where(largest > 0, largest, 1)
    pixels = (127.5 + 127.5 * scaled).round().astype("uint8")
    parts = np.split(pixels, _towers(model, len(pixels)))
    return [part[:MOST] for part in parts]


def _towers(model, channels: int) -> int:
    """How many towers share the channels of the first convolution."""
    for layer in model.layers:
        is_split = isinstance(layer, SplitChannels)
        if is_split and layer.input.shape[-1] == channels:
            return layer.parts
    return 1
