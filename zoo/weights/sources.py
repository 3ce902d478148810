"""Where weights come from: one row for each set that can be asked by name."""

import dataclasses
import pathlib

from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import cifar10

_PACKAGE = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class WeightsSource:
    """One published set of weights.

    Args:
        model: The variant that it belongs to.
        name: What `weights=` calls it.
        path: The file, inside this package.
        sha256: Of the whole file, in hexadecimal.
        preprocessing: What the weights expect of a picture.
        class_names: In label order.
        top1: Measured accuracy, in percent.
        measured_on: What it was measured on.
        licence: Of the file.
    """

    model: str
    name: str
    path: pathlib.Path
    sha256: str
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    top1: float
    measured_on: str
    licence: str = "Apache-2.0"


_CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

WEIGHTS: tuple[WeightsSource, ...] = (
    WeightsSource(
        model="resnet20",
        name="cifar10",
        path=_PACKAGE / "data" / "resnet20_cifar10.safetensors",
        sha256=(
            "80147c2683c70eddf63e528b145a616f9d55271ab1ba31159038071541310733"
        ),
        preprocessing=cifar10(),
        class_names=_CIFAR10_CLASSES,
        top1=87.05,
        measured_on="CIFAR-10's test set as JPEG of quality 75",
    ),
)


def weights_of(model: str) -> tuple[WeightsSource, ...]:
    """Returns the sets that a variant can be asked for by name."""
    return tuple(row for row in WEIGHTS if row.model == model)


def find_source(model: str, weights: str) -> WeightsSource:
    """Returns the row of `weights` for a variant.

    Raises:
        RequestError: There is none; the message says which there are.
    """
    for row in weights_of(model):
        if row.name == weights:
            return row
    own = [row.name for row in weights_of(model)]
    others = [f"{row.model}: {row.name}" for row in WEIGHTS]
    raise RequestError(
        f"No weights called {weights!r} are known for {model!r}. "
        + (f"It has: {', '.join(own)}. " if own else "It has none. ")
        + "Expected None, a name, or the path of a .safetensors file. "
        + f"Known names: {'; '.join(others)}."
    )
