"""What a weight file of ours says about itself, beside its tensors.

Strings in the file's metadata: `origin` (whose network it is, see
`zoo.weights.origins`), `preprocessing`, `class_names`, of a multi-label model
its `thresholds`, of a calibrated one the `scaling` of its logits and, of
networks with position embeddings, the `grid` of their patches (all JSON). They
come from the model when it is saved, and go into the next one that is built
from the file.
"""

import dataclasses
import json
from collections.abc import Mapping

from zoo.head_scaling import LogitScaling
from zoo.layers import Logits
from zoo.layers import PatchTokens
from zoo.layers import PixelScaling
from zoo.layers.logits import checked_names
from zoo.layers.logits import checked_thresholds
from zoo.model_metadata import find_layer
from zoo.nesting import every_layer
from zoo.preprocessing import LARGEST
from zoo.preprocessing import Preprocessing
from zoo.weights.facts import Facts
from zoo.weights.reading import limits


def describe(model) -> dict[str, str]:
    """Returns what a model says about itself, as strings for a file.

    Of a model that the zoo did not build only the grid is known.
    """
    metadata = {}
    scaling, head = find_layer(model, PixelScaling), find_layer(model, Logits)
    if scaling:
        record = dataclasses.asdict(scaling.preprocessing)
        metadata["origin"] = scaling.origin
        metadata["preprocessing"] = json.dumps(record)
    tokens = [
        layer for layer in every_layer(model) if isinstance(layer, PatchTokens)
    ]
    if len(tokens) == 1:
        metadata["grid"] = json.dumps(tokens[0].grid)
    if head and head.class_names:
        names = json.dumps(head.class_names, ensure_ascii=False)
        metadata["class_names"] = names
    if head and head.thresholds:
        metadata["thresholds"] = json.dumps(head.thresholds)
    if head and head.scaling:
        metadata["scaling"] = json.dumps(head.scaling.as_json())
    return metadata


def parse(metadata: Mapping[str, str], path) -> Facts:
    """Reads the strings of a file.

    Args:
        metadata: As `describe` gives it; other entries do not matter.
        path: For messages.

    Raises:
        IntegrityError: An entry is not what it has to be.

    Example:

    ```python
    import zoo
    from zoo.weights import file_metadata
    model = zoo.create_model("resnet20", weights="cifar10")
    written = file_metadata.describe(model)
    known = file_metadata.parse(written, "example.safetensors")
    assert known.preprocessing == zoo.preprocessing(model)
    assert known.class_names == zoo.class_names(model)
    ```
    """
    found = {}
    for name, reader in _READERS.items():
        if name not in metadata:
            continue
        try:
            found[name] = reader(metadata[name])
        except (TypeError, ValueError, RecursionError) as error:
            raise limits.damaged(
                path, f"its metadata {name!r} cannot be used ({error})"
            ) from error
    return Facts(**found)


def _preprocessing(text: str) -> Preprocessing:
    return Preprocessing(**json.loads(text))


def _class_names(text: str) -> tuple[str, ...]:
    names = json.loads(text)
    if not isinstance(names, list):
        raise ValueError("expected a list of names")
    return checked_names(names, len(names))


def _thresholds(text: str) -> tuple[float, ...]:
    values = json.loads(text)
    if not isinstance(values, list) or not values:
        raise ValueError("expected a list of numbers")
    return checked_thresholds(values, len(values))


def _scaling(text: str) -> LogitScaling | None:
    return LogitScaling.from_json(json.loads(text))


def _grid(text: str) -> tuple[int, int]:
    sides = json.loads(text)
    if (
        not isinstance(sides, list)
        or len(sides) != 2
        or not all(type(side) is int and 0 < side <= LARGEST for side in sides)
    ):
        raise ValueError("expected two numbers of patches")
    return tuple(sides)


_READERS = {
    "grid": _grid,
    "origin": str,
    "preprocessing": _preprocessing,
    "class_names": _class_names,
    "thresholds": _thresholds,
    "scaling": _scaling,
}
