"""Any weights in, a file of this zoo out."""

import hashlib
import pathlib

from zoo.errors import RequestError
from zoo.registry import create_model
from zoo.weights.files import save_weights
from zoo.weights.locating import locate


def convert(model: str, weights, output, *, origin: str | None = None) -> str:
    """Writes weights under our names, with what is known of them.

    The file says whose network it is for, what it expects of a picture, what
    its classes are called, and in `source` and `source_sha256` what it was
    made of.

    Args:
        model: The variant's name.
        weights: A registered name, a Hub id, or a path.
        output: A `.safetensors` or `.weights.h5` file that is not there.
        origin: Whose network, where the weights do not say it.

    Returns:
        The sha256 of the new file.

    Raises:
        RequestError: The weights are not known, or the output is there.
        IntegrityError: The weights are damaged or do not fit the model.

    Example:

    ```python
    import tempfile
    import zoo
    from zoo.weights.converting import convert

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/net.safetensors"
        convert("resnet20", "cifar10", path)
        model = zoo.create_model("resnet20", weights=path)
    assert zoo.class_names(model)[3] == "cat"
    ```
    """
    output = pathlib.Path(output)
    if not output.name.endswith((".safetensors", ".weights.h5")):
        raise RequestError(
            "Weights are written as .safetensors or .weights.h5. "
            f"Received: {output}"
        )
    if output.exists():
        raise RequestError(
            f"{output} is there already. Give another name, or remove it first."
        )
    if not output.parent.is_dir():
        raise RequestError(f"There is no folder {output.parent}.")
    path, _ = locate(model, weights)
    converted = create_model(model, weights=weights, origin=origin)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return save_weights(
        converted,
        output,
        metadata={"source": path.name, "source_sha256": digest},
    )
