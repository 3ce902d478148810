"""The strings that a weight file carries beside its tensors.

`.safetensors` has a place for them in its header. In an `.h5` file they are
attributes of the root, in pieces, because HDF5 keeps at most 64 kB in one. Of
a `.keras` archive some entries of the layers' configurations are read as text;
nothing is built from it.
"""

import json
import pathlib
import struct
import zipfile
from collections.abc import Mapping

from zoo.errors import IntegrityError
from zoo.weights.reading import archives
from zoo.weights.reading import limits
from zoo.weights.reading.hdf5_heaps import check_heaps

_HDF5 = b"\x89HDF\r\n\x1a\n"
_CONFIG = "config.json"
_MAX_HEADER = 100_000_000
_MAX_CONFIG = 16 << 20
_PIECE = 60_000
_MAX_PIECES = 256
_OF_CLASSES = ("class_names", "thresholds", "scaling")
_NAME = "zoo_metadata_{}"
# Where null stands for a table, its attributes are asked for.
_DAMAGE = (
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read_metadata(path) -> dict[str, str]:
    """Returns the strings of a weight file; empty where it has none.

    Args:
        path: A file that `zoo.weights.reading.read` has read.

    Raises:
        IntegrityError: They are damaged.
    """
    path = pathlib.Path(path)
    with open(path, "rb") as file:
        head = file.read(8)
    try:
        if head == _HDF5:
            return _from_attributes(path)
        if head[:2] == b"PK":
            return _from_archive(path)
        if path.suffix == ".safetensors":
            return _from_header(path)
    except IntegrityError:
        raise
    except _DAMAGE as error:
        raise limits.damaged(
            path, f"its metadata cannot be read ({error})"
        ) from error
    return {}


def write_attributes(file, metadata: Mapping[str, str]) -> None:
    """Writes strings into an `.h5` file that is there, or in memory."""
    import h5py

    data = json.dumps(dict(metadata)).encode()
    with h5py.File(file, "r+") as opened:
        for number, start in enumerate(range(0, len(data), _PIECE)):
            piece = data[start : start + _PIECE]
            kind = h5py.string_dtype("ascii", len(piece))
            opened.attrs.create(_NAME.format(number), piece, dtype=kind)


def _from_header(path) -> dict[str, str]:
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(min(length, _MAX_HEADER)))
    return dict(header.get("__metadata__", {}))


def _from_attributes(path) -> dict[str, str]:
    import h5py

    with open(path, "rb") as file:
        check_heaps(file, path)
    pieces = []
    with h5py.File(path, "r") as file:
        for number in range(_MAX_PIECES):
            name = _NAME.format(number)
            if name not in file.attrs:
                break
            kind = file.attrs.get_id(name).get_type()
            if not isinstance(kind, h5py.h5t.TypeStringID) or (
                kind.is_variable_str()
            ):
                raise ValueError(f"{name} is no string")
            pieces.append(bytes(file.attrs[name]))
    return _strings(json.loads(b"".join(pieces))) if pieces else {}


def read_config(path) -> dict:
    """Returns the configuration in a `.keras` file, from which Keras builds.

    Args:
        path: A `.keras` file.

    Raises:
        IntegrityError: There is none, or it is damaged or too large.
    """
    try:
        with archives.open_archive(path) as archive:
            info = archives.stored(path, archive, _CONFIG)
            if info.file_size > _MAX_CONFIG:
                raise ValueError(f"{_CONFIG} has {info.file_size:,} bytes")
            config = json.loads(archive.read(info))
    except (*_DAMAGE, zipfile.BadZipFile) as error:
        if isinstance(error, IntegrityError):
            raise
        raise limits.damaged(path, str(error)[:200], "Keras") from error
    if not isinstance(config, dict):
        raise limits.damaged(path, f"{_CONFIG} is no table", "Keras")
    return config


def _from_archive(path) -> dict[str, str]:
    with archives.open_archive(path) as archive:
        if not {archives.KERAS_WEIGHTS, _CONFIG} <= set(archive.namelist()):
            return {}
    config = read_config(path)
    metadata = {}
    for layer in _layers(config):
        own = layer["config"]
        if layer["class_name"] == "PixelScaling":
            metadata["origin"] = own.get("origin", "zoo")
            metadata["preprocessing"] = json.dumps(own["preprocessing"])
        elif layer["class_name"] == "PatchTokens":
            built = layer.get("build_config", {}).get("input_shape", ())
            metadata["grid"] = json.dumps(built[1:3])
        elif layer["class_name"] == "Logits":
            said = {name: own.get(name) for name in _OF_CLASSES}
            metadata |= {n: json.dumps(v) for n, v in said.items() if v}
    return _strings(metadata)


def _layers(config) -> list[dict]:
    """The configurations of our own layers in a functional model."""
    for name in ("config", "layers"):
        config = config.get(name, {}) if isinstance(config, dict) else {}
    entries = config if isinstance(config, list) else []
    return [
        entry
        for entry in entries
        if isinstance(entry, dict)
        and str(entry.get("registered_name")).startswith("zoo>")
        and isinstance(entry.get("config"), dict)
    ]


def _strings(found) -> dict[str, str]:
    if not isinstance(found, dict):
        raise ValueError("expected a table of strings")
    for name, value in found.items():
        if not isinstance(value, str):
            raise ValueError(
                f"expected a text as {name!r}, not {value!r}"[:200]
            )
    return found
