"""Reading and writing weight files, safely and all or nothing."""

import hashlib
import io
import os
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import safetensors.numpy

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.nesting import layers_in
from zoo.weights import reading
from zoo.weights.atomic import write_atomically
from zoo.weights.file_metadata import describe
from zoo.weights.reading.metadata import read_metadata
from zoo.weights.reading.metadata import write_attributes

if TYPE_CHECKING:
    import keras

__all__ = [
    "read_metadata",
    "read_weights",
    "save_weights",
    "variable_names",
    "write_atomically",
]


def variable_names(model) -> dict:
    """Returns `{"layer/variable": variable}` for all weights of a model.

    What lies inside of a layer is `layer/inner_layer/variable`, whatever the
    depth. A layer that is used twice is there once. Seeds of random layers are
    state of a run, not weights, and left out.

    Raises:
        RequestError: Two weights would have one name, or one has none.

    Example:

    ```python
    import keras
    from zoo.weights.files import variable_names
    pixels = keras.Input((4,))
    base = keras.Sequential([keras.layers.Dense(3, name="fc")], name="base")
    model = keras.Model(pixels, keras.layers.Dense(2, name="new")(base(pixels)))
    assert list(variable_names(model)) == [
        "base/fc/kernel", "base/fc/bias", "new/kernel", "new/bias"
    ]
    ```
    """
    named: dict = {}
    _name(model, "", named, set())
    if len(named) < len(model.weights):
        known = set(map(id, named.values()))
        lost = [w.path for w in model.weights if id(w) not in known]
        raise RequestError(
            f"{len(lost)} weights of {model.name!r} are in no layer that has "
            f"a name, such as {lost[0]!r}: they cannot be written."
        )
    return named


def _name(owner, prefix: str, named: dict, seen: set) -> None:
    """Names what a layer or model holds itself, then what is inside of it."""
    inner = layers_in(owner)
    theirs = {id(weight) for layer in inner for weight in layer.weights}
    for weight in owner.weights:
        if id(weight) in theirs or id(weight) in seen:
            continue
        key = prefix + weight.name
        if key in named:
            raise RequestError(
                f"Two weights of shapes {tuple(named[key].shape)} and "
                f"{tuple(weight.shape)} would both be called {key!r} in a "
                "file. Give their layers names of their own (`name`)."
            )
        seen.add(id(weight))
        named[key] = weight
    for layer in inner:
        _name(layer, f"{prefix}{layer.name}/", named, seen)


def save_weights(
    model: "keras.Model",
    path: str | os.PathLike,
    metadata: Mapping[str, str] | None = None,
) -> str:
    """Writes all weights of a model to a `.safetensors` or `.weights.h5` file.

    Args:
        model: Any model whose layers have names.
        path: Where to; replaced as a whole if it is there. A `.weights.h5`
            file is one that `model.load_weights` of Keras also reads.
        metadata: More strings by name for the file, which has the model's
            origin, preprocessing and class names anyway.

    Returns:
        The sha256 of the file, in hexadecimal.

    Raises:
        RequestError: The path ends in something else, or two weights would
            have one name.
    """
    if str(path).endswith(".weights.h5"):
        data = _as_h5(model, describe(model) | dict(metadata or {}))
    elif pathlib.Path(path).suffix == ".safetensors":
        data = as_safetensors(model, metadata)
    else:
        raise RequestError(
            "Weights are written as .safetensors or .weights.h5. "
            f"Received: {path}"
        )
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def as_safetensors(model, metadata=None) -> bytes:
    """Returns what `save_weights` writes, to be written later.

    Args:
        model: Any model whose layers have names.
        metadata: As for `save_weights`.
    """
    known = describe(model) | dict(metadata or {})
    tensors = {
        key: np.ascontiguousarray(variable.numpy(), dtype="float32")
        for key, variable in variable_names(model).items()
    }
    return safetensors.numpy.save(tensors, metadata=known or None)


class _Memory(io.BytesIO):
    """What Keras takes for a file: HDF5 crashes Python where a disk is full."""

    def __str__(self):
        return "memory.weights.h5"


def _as_h5(model, metadata) -> bytes:
    file = _Memory()
    # It is no file that is there already.
    model.save_weights(file, overwrite=True)
    write_attributes(file, metadata)
    return file.getvalue()


def read_weights(
    path, sha256: str | None = None, expected_bytes: int | None = None
) -> dict[str, np.ndarray]:
    """Reads the tensors of a weight file, whatever its format.

    Args:
        path: The file: `.safetensors`, or what `zoo.weights.reading` knows.
        sha256: What the whole file must hash to, where known.
        expected_bytes: What the tensors should take in memory; four times
            what the file takes is too much in any case.

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
    # 16-bit floats take twice as much in memory, packed ones some more.
    unpacked = 4 * path.stat().st_size + (1 << 20)
    if expected_bytes is None or expected_bytes > unpacked:
        expected_bytes = unpacked
    return reading.read(path, expected_bytes=expected_bytes)
