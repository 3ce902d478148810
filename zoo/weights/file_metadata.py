"""What a weight file of ours says about itself, beside its tensors.

Three strings in the file's metadata: `origin` (whose network it is, see
`zoo.weights.origins`), `preprocessing` and `class_names` (both JSON). They
come from the model when it is saved, and go into the next one that is built
from the file.
"""

import dataclasses
import json
from collections.abc import Mapping

from zoo.preprocessing import Preprocessing
from zoo.weights.reading import limits


@dataclasses.dataclass(frozen=True)
class Notes:
    """What is known of some weights; None where nothing is said.

    Args:
        origin: Such as `"torchvision"`; `"zoo"` for our own network.
        preprocessing: What the weights expect of a picture.
        class_names: In label order.
    """

    origin: str | None = None
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] | None = None


def describe(model) -> dict[str, str]:
    """Returns what a model says about itself, as strings for a file.

    Empty for a model that the zoo did not build.
    """
    metadata = {}
    for layer in model.layers:
        if layer.name == "preprocessing" and hasattr(layer, "origin"):
            record = dataclasses.asdict(layer.preprocessing)
            metadata["origin"] = layer.origin
            metadata["preprocessing"] = json.dumps(record)
        elif layer.name == "head_logits" and getattr(
            layer, "class_names", None
        ):
            names = json.dumps(layer.class_names, ensure_ascii=False)
            metadata["class_names"] = names
    return metadata


def parse(metadata: Mapping[str, str], path) -> Notes:
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
    return Notes(**found)


def _preprocessing(text: str) -> Preprocessing:
    return Preprocessing(**json.loads(text))


def _class_names(text: str) -> tuple[str, ...]:
    names = json.loads(text)
    if not isinstance(names, list) or not all(
        isinstance(name, str) for name in names
    ):
        raise ValueError("expected a list of names")
    return tuple(names)


_READERS = {
    "origin": str,
    "preprocessing": _preprocessing,
    "class_names": _class_names,
}
