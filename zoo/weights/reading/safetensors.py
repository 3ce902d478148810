"""Reading `.safetensors`: checked here, then by the library, then read."""

import collections
import json
import math
import os

import numpy as np
import safetensors

from zoo.weights.reading import arrays
from zoo.weights.reading import limits

MAX_HEADER = 100_000_000
_KINDS = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": arrays.BFLOAT16,
    "F32": "float32",
    "F64": "float64",
}
_FORM = ".safetensors"
# A list of shapes and offsets has about ten commas an entry.
_MAX_COMMAS = 20 * limits.MAX_TENSORS


def read(path, limit: int = limits.LIMIT) -> dict[str, np.ndarray]:
    """Reads all tensors of a `.safetensors` file; 16-bit floats as float32.

    Args:
        path: The file.
        limit: Of the bytes of all tensors.

    Raises:
        IntegrityError: The file is cut, contradicts itself or is too large.

    Example:

    ```python
    import tempfile, numpy as np, safetensors.numpy
    from zoo.weights.reading import safetensors as reader

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/w.safetensors"
        half = {"conv/kernel": np.ones((3, 3, 1, 2), "float16")}
        safetensors.numpy.save_file(half, path)
        tensors = reader.read(path)
    assert tensors["conv/kernel"].dtype == "float32"
    ```
    """
    tensors = {}
    with open(path, "rb") as file:
        entries, start = _entries(path, file)
        total = sum(
            arrays.bytes_as_read(kind, math.prod(shape))
            for kind, shape, _ in entries.values()
        )
        limits.check_total(path, total, limit)
        _check_by_library(path)
        for name, (kind, shape, offset) in entries.items():
            file.seek(start + offset)
            flat = arrays.read_array(file, kind, math.prod(shape))
            tensors[name] = flat.reshape(shape)
    return tensors


def _entries(path, file) -> tuple[dict, int]:
    """Returns `{name: (kind, shape, offset)}` and where the data starts."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if length > MAX_HEADER:
        raise limits.damaged(
            path,
            f"its header is said to have {length:,} bytes, expected at most "
            f"{MAX_HEADER:,}",
            _FORM,
        )
    if 8 + length > size:
        raise limits.damaged(
            path,
            f"its header of {length:,} bytes is longer than the file of "
            f"{size:,}",
            _FORM,
        )
    header = _header(path, file.read(length))
    header.pop("__metadata__", None)
    entries = {
        name: _entry(path, name, entry) for name, entry in header.items()
    }
    _check_ranges(path, entries, size - 8 - length)
    return entries, 8 + length


def _header(path, data: bytes) -> dict:
    many = data.count(b"{") > limits.MAX_TENSORS + 2
    if many or data.count(b",") > _MAX_COMMAS:
        raise limits.damaged(
            path, f"it has more than {limits.MAX_TENSORS:,} entries", _FORM
        )

    def unique(pairs):
        named = dict(pairs)
        if len(named) < len(pairs):
            names = collections.Counter(name for name, _ in pairs)
            twice = names.most_common(1)[0][0]
            raise limits.damaged(
                path, f"its header names {twice[:200]!r} twice", _FORM
            )
        return named

    header = json.loads(data, object_pairs_hook=unique)
    if not isinstance(header, dict):
        raise limits.damaged(path, "its header is no table of names", _FORM)
    return header


def _entry(path, name, entry) -> tuple[str, tuple[int, ...], int]:
    """Returns kind, shape and offset, if they fit each other."""

    def wrong(reason):
        return limits.damaged(path, f"{name[:200]!r} {reason}", _FORM)

    if not isinstance(entry, dict):
        raise wrong("is no description of a tensor")
    kind = _KINDS.get(str(entry.get("dtype")))
    if kind is None:
        known = ", ".join(_KINDS)
        raise wrong(
            f"has the dtype {str(entry.get('dtype'))[:50]!r}, expected one "
            f"of {known}"
        )
    shape, offsets = entry.get("shape"), entry.get("data_offsets")
    if not (_are_sizes(shape) and _are_sizes(offsets) and len(offsets) == 2):
        raise wrong("has no shape and offsets of whole numbers")
    count = math.prod(shape)
    if len(shape) > 32 or math.prod(max(side, 1) for side in shape) >> 48:
        raise wrong(f"has an impossible shape of {len(shape)} dimensions")
    received = offsets[1] - offsets[0]
    if received != count * arrays.item_size(kind):
        raise wrong(
            f"has {received:,} bytes, expected "
            f"{count * arrays.item_size(kind):,} for shape {tuple(shape)}"
        )
    return kind, tuple(shape), offsets[0]


def _are_sizes(values) -> bool:
    return isinstance(values, list) and all(
        type(value) is int and value >= 0 for value in values
    )


def _check_ranges(path, entries, size: int) -> None:
    """The tensors have to cover the data once, without gaps."""
    end = 0
    spans = sorted(
        (offset, math.prod(shape) * arrays.item_size(kind), name)
        for name, (kind, shape, offset) in entries.items()
    )
    for offset, length, name in spans:
        if offset != end:
            what = "overlaps another tensor" if offset < end else "has a gap"
            raise limits.damaged(
                path, f"{name[:200]!r} at {offset:,} {what}", _FORM
            )
        end += length
    if end != size:
        raise limits.damaged(
            path, f"its tensors take {end:,} bytes, it holds {size:,}", _FORM
        )


def _check_by_library(path) -> None:
    try:
        with safetensors.safe_open(path, "np") as file:
            file.keys()
    except safetensors.SafetensorError as error:
        raise limits.damaged(path, str(error)[:200], _FORM) from error
