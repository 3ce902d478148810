"""The stages of a model: the units in which people freeze and look inside."""

import dataclasses
import re
import sys
from typing import TYPE_CHECKING

from zoo.errors import RequestError
from zoo.importing import CallableModule

if TYPE_CHECKING:
    import keras

# `zoo.stages(model)` is public, and `import zoo.stages` gives this module.
sys.modules[__name__].__class__ = CallableModule

_STAGE = re.compile(r"(stem|stage\d+|head)_")


@dataclasses.dataclass(frozen=True)
class Stage:
    """Some consecutive layers under one name (`stem`, `stage1` … `head`)."""

    name: str
    layers: tuple

    @property
    def weighted_layers(self) -> tuple:
        return tuple(layer for layer in self.layers if layer.weights)

    @property
    def parameters(self) -> int:
        return sum(layer.count_params() for layer in self.weighted_layers)

    @property
    def output(self) -> "keras.KerasTensor":
        """The symbolic output: where features of this stage are taken."""
        return self.layers[-1].output


def stage_name(layer_name: str) -> str | None:
    """Returns the stage that a layer's name says it is in, or None."""
    match = _STAGE.match(layer_name)
    return match.group(1) if match else None


def stages(model: "keras.Model") -> tuple[Stage, ...]:
    """Returns the stages of a model, from the pixels to the logits.

    Every layer that has weights is in exactly one of them. `head` is what a
    new set of classes replaces; all before it transfers.

    Raises:
        RequestError: A layer with weights has a name that says no stage.

    Example:

    ```python
    import zoo
    model = zoo.create_model("resnet20")
    assert [stage.name for stage in zoo.stages(model)] == [
        "stem", "stage1", "stage2", "stage3", "head"]
    ```
    """
    grouped: dict[str, list] = {}
    for layer in model.layers:
        name = stage_name(layer.name)
        if name is not None:
            grouped.setdefault(name, []).append(layer)
        elif layer.weights:
            raise RequestError(
                f"The layer {layer.name!r} of {model.name!r} has weights but "
                "no stage. Expected a name that starts with 'stem_', "
                "'stage1_', … or 'head_'."
            )
    return tuple(Stage(name, tuple(layers)) for name, layers in grouped.items())
