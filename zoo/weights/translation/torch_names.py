"""How PyTorch calls the variables of a layer."""

from zoo.weights.translation.tables import CONV
from zoo.weights.translation.tables import SAME
from zoo.weights.translation.tables import Layout
from zoo.weights.translation.tables import Row

_VARIABLES = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def torch_row(name: str, layer: str, kernel: Layout = CONV) -> Row:
    """Returns the row of a variable.

    Args:
        name: Ours, `layer/variable`.
        layer: Theirs, such as `"layer1.0.conv1"`.
        kernel: How it turns, if it is a kernel.
    """
    variable = name.rpartition("/")[2]
    layout = kernel if variable == "kernel" else SAME
    return Row(name, f"{layer}.{_VARIABLES.get(variable, variable)}", layout)
