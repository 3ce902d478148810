"""Reading and writing weight files, safely and all or nothing."""

import hashlib
import json
import os
import pathlib
import uuid

import numpy as np
import safetensors.numpy

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights import reading


def variable_names(model) -> dict:
    """Returns `{"layer/variable": variable}` for all weights of a model.

    Seeds of random layers are state of a run, not weights, and left out.
    """
    named = {}
    for layer in model.layers:
        for variable in layer.weights:
            named[f"{layer.name}/{variable.name}"] = variable
    return named


def write_atomically(path, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    path = pathlib.Path(path)
    # Not by tempfile, whose files no other user may read.
    temporary = path.with_name(f".tmp-{uuid.uuid4().hex}")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def save_weights(model, path, metadata=None) -> str:
    """Writes all weights of a model to a `.safetensors` file.

    Args:
        model: Any model whose layers have names.
        path: Where to; replaced as a whole if it is there.
        metadata: Strings by name, kept in the file's header.

    Returns:
        The sha256 of the file, in hexadecimal.

    Raises:
        RequestError: The path does not end in `.safetensors`.
    """
    if pathlib.Path(path).suffix != ".safetensors":
        raise RequestError(
            f"Weights are written as .safetensors. Received: {path}"
        )
    tensors = {
        key: np.ascontiguousarray(variable.numpy(), dtype="float32")
        for key, variable in variable_names(model).items()
    }
    data = safetensors.numpy.save(tensors, metadata=metadata)
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def read_weights(path, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Reads the tensors of a weight file, whatever its format.

    Args:
        path: The file: `.safetensors`, or what `zoo.weights.reading` knows.
        sha256: What the whole file must hash to, where known.

    Raises:
        RequestError: There is no such file, or it is of another format.
        IntegrityError: The file is damaged or hashes to something else.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        if path.suffix == ".safetensors":
            raise RequestError(f"There is no weight file {path}.")
        raise RequestError(
            "Weights are read from .safetensors files, and from .pth, .h5 and "
            f".keras files. There is no weight file {path}."
        )
    if sha256 is not None:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            raise IntegrityError(
                f"The weight file {path} is damaged: expected sha256 "
                f"{sha256}, received {found}. Install the package again."
            )
    return reading.read(path)


def read_metadata(path) -> dict[str, str]:
    """Returns the strings in the header of a `.safetensors` file."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return json.loads(file.read(length)).get("__metadata__", {})
