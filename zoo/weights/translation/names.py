"""How our names, PyTorch's and Keras's are taken apart and put together."""

import re

import numpy as np

from zoo.errors import IntegrityError
from zoo.weights.translation.tables import CONV
from zoo.weights.translation.tables import SAME
from zoo.weights.translation.tables import Layout
from zoo.weights.translation.tables import Row
from zoo.weights.translation.tables import Tensors

_BLOCK = re.compile(r"stage(\d+)_block(\d+)_(\w+)")
_POST = re.compile(r"stage\d+_(post_\w+)")
_PYTORCH = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
# What Keras's files number.
_BATCH_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
_KERNEL = ("kernel", "bias")


def split_block(layer: str) -> tuple[tuple[int, int] | None, str]:
    """Returns stage and block of a ResNet's layer, and the part of the block.

    Outside of the blocks there are no numbers, and the part is the layer;
    `stage4_post_bn`, after the last block, is `post_bn`.

    Example:

    ```python
    from zoo.weights.translation.names import split_block
    assert split_block("stage2_block3_conv1_bn") == ((2, 3), "conv1_bn")
    assert split_block("stem_conv") == (None, "stem_conv")
    ```
    """
    block = _BLOCK.fullmatch(layer)
    if block:
        stage, number, part = block.groups()
        return (int(stage), int(number)), part
    post = _POST.fullmatch(layer)
    return None, post[1] if post else layer


def torch_row(name: str, layer: str, kernel: Layout = CONV) -> Row:
    """Returns the row of a variable as PyTorch calls it.

    Args:
        name: Ours, `layer/variable`.
        layer: Theirs, such as `"layer1.0.conv1"`.
        kernel: How it turns, if it is a kernel.
    """
    variable = name.rpartition("/")[2]
    layout = kernel if variable == "kernel" else SAME
    return Row(name, f"{layer}.{_PYTORCH.get(variable, variable)}", layout)


def name_variables(tensors: Tensors) -> dict[str, np.ndarray]:
    """Gives variables names that Keras's `.weights.h5` files only number.

    Args:
        tensors: By `layer/variable` or `layer/number`, as they are read.

    Returns:
        The same, all by `layer/variable`.

    Example:

    ```python
    import numpy as np
    from zoo.weights.translation.names import name_variables
    tensors = {"conv1/0": np.ones((3, 3, 1, 2)), "conv1/1": np.ones(2)}
    assert list(name_variables(tensors)) == ["conv1/kernel", "conv1/bias"]
    ```
    """
    named = {}
    for name, tensor in tensors.items():
        layer, _, variable = name.rpartition("/")
        first = tensors.get(f"{layer}/0")
        if variable.isdecimal() and first is not None:
            known = _BATCH_NORM if first.ndim == 1 else _KERNEL
            number = int(variable)
            variable = known[number] if number < len(known) else variable
        named[f"{layer}/{variable}" if layer else variable] = tensor
    return named


def subtract(
    tensors: dict[str, np.ndarray], mean: str, bias: np.ndarray
) -> None:
    """Folds what is added before a BatchNorm into its mean, in place.

    Raises:
        IntegrityError: There is no such mean, or of another size.
    """
    if mean not in tensors or tensors[mean].shape != bias.shape:
        found = tensors[mean].shape if mean in tensors else "nothing"
        raise IntegrityError(
            f"A bias belongs to {mean}: expected shape {bias.shape}, "
            f"received {found}."
        )
    tensors[mean] = tensors[mean] - bias
