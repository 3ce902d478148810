"""What the tables for the files of keras.applications share."""

import numpy as np

from zoo.errors import IntegrityError
from zoo.weights.translation.tables import Tensors

_BATCH_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
_KERNEL = ("kernel", "bias")


def name_variables(tensors: Tensors) -> dict[str, np.ndarray]:
    """Gives the variables names that `.weights.h5` files only number.

    Args:
        tensors: By `layer/variable` or `layer/number`, as they are read.

    Returns:
        The same, all by `layer/variable`.

    Example:

    ```python
    import numpy as np
    from zoo.weights.translation.keras_names import name_variables
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
