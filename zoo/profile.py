"""Counting what a model costs: parameters and multiply-adds."""

import keras

from zoo.layers import SelfAttention
from zoo.nesting import every_layer


def count_macs(model) -> int:
    """Multiply-adds of one picture: convolutions, dense layers, attention.

    Of attention the two products of matrices count. Biases, normalisation,
    activations and pooling do not, which is how torchvision counts; timm's
    figures are a little higher. Twice this number is what others call FLOPs.

    Raises:
        ValueError: A side of the input is not fixed.

    Example:

    ```python
    import zoo
    from zoo.profile import count_macs
    assert count_macs(zoo.create_model("resnet20")) == 40_551_040
    ```
    """
    if None in model.input_shape[1:]:
        raise ValueError(
            "MACs depend on the input size. Expected a model with a fixed "
            f"input shape. Received: {model.input_shape}"
        )
    return sum(
        count_macs(layer)
        if isinstance(layer, keras.Model)
        else layer_macs(layer)
        for layer in model.layers
    )


def layer_macs(layer) -> int:
    """Multiply-adds of one layer for one picture, 0 for most layers."""
    if isinstance(layer, SelfAttention):
        # Queries by keys, and the outcome by values.
        _, tokens, channels = layer.output.shape
        return 2 * tokens * tokens * channels
    if not isinstance(
        layer,
        (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense),
    ):
        return 0
    weights = 1
    for side in layer.kernel.shape:
        weights *= side
    pixels = 1
    for side in layer.output.shape[1:-1]:
        pixels *= side
    return weights * pixels


def count_parameters(model) -> tuple[int, int]:
    """Returns the numbers of trainable and of other weights.

    A frozen layer counts as trainable: this is what the architecture has,
    not what a run trains. The others are BatchNorm's moving statistics.
    """
    total, moving = model.count_params(), 0
    for layer in every_layer(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            moving += 2 * layer.moving_mean.shape[0]
    return total - moving, moving
