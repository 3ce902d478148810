"""Reading Keras's weights: old and new `.h5` files, and `.keras` archives.

Only arrays are read. The `config.json` of an archive and the `model_config`
of an `.h5` file, from which Keras builds layers, are not looked at.

Names are `layer/variable`, made like this:

- Old files have a group for each layer, and in it the variables by their
  path: `conv1/conv1/kernel:0`. The folders that all variables of a layer
  share and the `:0` are left out: `conv1/kernel`, `mha/query/kernel`.
- Files of Keras 3 number the variables and name the layer's class:
  `layers/conv2d_3/vars/0`. The layer's own name stands beside it, so this
  is `conv1/0`; a layer inside of a layer is `mha/query_dense/0`.

State of the optimizer and seeds of random layers are left out.
"""

import contextlib
import itertools
import math
import zlib

import h5py
import numpy as np

from zoo.weights.reading import archives
from zoo.weights.reading import arrays
from zoo.weights.reading import limits
from zoo.weights.reading.hdf5_heaps import check_heaps

_FORM = "Keras"
_MAX_DEPTH = 16
_MAX_CHUNKS = 100_000
_MAX_CHUNK = 64 << 20
_MAX_NAME = 1000
_NO_WEIGHTS = ("optimizer", "optimizer_weights", "seed_generator")


def read(path, limit: int = limits.LIMIT) -> dict[str, np.ndarray]:
    """Reads the weights of an `.h5` file; 16-bit floats as float32.

    Args:
        path: The file.
        limit: Of the bytes of all tensors.

    Raises:
        IntegrityError: The file is damaged or too large, says that it has
            numbers that it does not have, or refers to other files.

    Example:

    ```python
    import tempfile, h5py, numpy as np
    from zoo.weights.reading import keras_h5

    with tempfile.TemporaryDirectory() as folder:
        with h5py.File(f"{folder}/w.h5", "w") as file:
            file["conv1/conv1/kernel:0"] = np.ones((3, 3, 1, 2), "float32")
        tensors = keras_h5.read(f"{folder}/w.h5")
    assert list(tensors) == ["conv1/kernel"]
    ```
    """
    with open(path, "rb") as file:
        check_heaps(file, path)
    return _read(path, path, limit)


def read_archive(path, limit: int = limits.LIMIT) -> dict[str, np.ndarray]:
    """Reads the weights of a `.keras` file, and nothing else in it.

    Args:
        path: The file.
        limit: Of the bytes of all tensors.

    Raises:
        IntegrityError: As for `read`, or the weights are compressed.
    """
    with archives.open_archive(path) as archive:
        info = archives.stored(path, archive, archives.KERAS_WEIGHTS)
        with archive.open(info) as stream:
            # Reading to the end compares the checksum.
            while stream.read(1 << 20):
                pass
        with archives.Window(archive, info) as window:
            check_heaps(window, path)
            return _read(window, path, limit)


def _read(source, path, limit) -> dict[str, np.ndarray]:
    with h5py.File(source, "r") as file:
        found = _datasets(file, path)
        kept = _named(file, found, path)
        total = sum(
            arrays.bytes_as_read(_kind(dataset, path), dataset.size)
            for dataset in kept.values()
        )
        limits.check_total(path, total, limit)
        for dataset in kept.values():
            _check_stored(dataset, path)
        return {name: _values(dataset, path) for name, dataset in kept.items()}


def _datasets(file, path) -> dict[tuple[str, ...], h5py.Dataset]:
    """Returns all arrays by their path; follows no link out of the tree."""
    found, seen = {}, set()
    groups = [((), file)]
    while groups:
        place, group = groups.pop(0)
        for name in group:
            where = (*place, name)
            shown = "/".join(where)[:200]
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise limits.refused(
                    path, f"{shown!r} is a link ({type(link).__name__})"
                )
            entry = group[name]
            address = h5py.h5o.get_info(entry.id).addr
            if address in seen or len(where) > _MAX_DEPTH:
                raise limits.refused(path, f"{shown!r} is there twice")
            seen.add(address)
            if len(seen) > limits.MAX_TENSORS:
                raise limits.damaged(
                    path,
                    f"it has more than {limits.MAX_TENSORS:,} entries",
                    _FORM,
                )
            if isinstance(entry, h5py.Group):
                groups.append((where, entry))
            elif isinstance(entry, h5py.Dataset):
                _check_own(entry, path, shown)
                found[where] = entry
            else:
                raise limits.refused(path, f"{shown!r} is no array")
    return found


def _check_own(dataset, path, shown) -> None:
    """The numbers have to be in this file."""
    if dataset.is_virtual or dataset.external:
        raise limits.refused(path, f"{shown!r} is kept in other files")
    created = dataset.id.get_create_plist()
    for index in range(created.get_nfilters()):
        code, _, _, title = created.get_filter(index)
        if code != h5py.h5z.FILTER_DEFLATE or index:
            raise limits.refused(
                path,
                f"{shown!r} is packed by {title!r}, expected gzip or nothing",
            )


def _named(file, found, path) -> dict[str, h5py.Dataset]:
    """Gives the arrays that are weights their names."""
    places = {
        place: dataset
        for place, dataset in found.items()
        if not any(part in _NO_WEIGHTS for part in place)
    }
    if "model_weights" in file:
        places = {
            place[1:]: dataset
            for place, dataset in places.items()
            if place[0] == "model_weights"
        }
    numbered = all(place[-2:-1] == ("vars",) for place in places)
    naming = _new_names(file, places) if numbered else _old_names(places)
    named = {}
    for place, name in naming.items():
        if name in named:
            raise limits.damaged(
                path, f"two of its arrays are called {name[:200]!r}", _FORM
            )
        named[name] = places[place]
    if not named:
        raise limits.damaged(path, "it has no weights", _FORM)
    return named


def _old_names(places) -> dict[tuple[str, ...], str]:
    layers = {}
    for place in places:
        layers.setdefault(place[0], []).append(place)
    naming = {}
    for layer, own in layers.items():
        folders = [place[1:-1] for place in own]
        shared = 0
        for parts in zip(*folders, strict=False):
            if len(set(parts)) > 1:
                break
            shared += 1
        for place in own:
            rest = "/".join(place[1 + shared :]).removesuffix(":0")
            naming[place] = f"{layer}/{rest}" if rest else layer
    return naming


def _new_names(file, places) -> dict[tuple[str, ...], str]:
    naming = {}
    for place in places:
        parts = []
        for depth, part in enumerate(place[:-2]):
            if part == "layers":
                continue
            is_layer = depth and place[depth - 1] == "layers"
            own = _own_name(file, place[: depth + 1]) if is_layer else None
            parts.append(own or part)
        naming[place] = "/".join((*parts, place[-1]))
    return naming


def _own_name(file, place) -> str | None:
    """Returns the name that a layer was given, where Keras wrote it down."""
    where = "/".join((*place, "vars"))
    attributes = file[where].attrs if where in file else ()
    if "name" not in attributes:
        return None
    attribute = attributes.get_id("name")
    kind = attribute.get_type()
    # Lists of lists of numbers are read by the same call, and less safely.
    is_string = isinstance(kind, h5py.h5t.TypeStringID)
    if not is_string or attribute.shape != () or kind.get_size() > _MAX_NAME:
        return None
    name = attributes["name"]
    whole = isinstance(name, str) and 0 < len(name) <= _MAX_NAME
    return name if whole else None


def _kind(dataset, path) -> str:
    dtype = dataset.dtype
    if dataset.shape is None:
        raise limits.damaged(path, f"{dataset.name!r} has no shape", _FORM)
    # How Keras stores bfloat16, which HDF5 does not know.
    if dtype.kind == "V" and dtype.itemsize == 2 and not dtype.fields:
        return arrays.BFLOAT16
    if dtype.kind not in "fiub" or dtype.itemsize > 8 or dtype.subdtype:
        raise limits.refused(
            path, f"{dataset.name[:200]!r} has no numbers but {dtype}"
        )
    return dtype.newbyteorder("=").name


def _check_stored(dataset, path) -> None:
    """All declared numbers have to have been written.

    HDF5 makes up what was not: a file of some kB can declare GBs.
    """
    declared = dataset.size * dataset.dtype.itemsize
    held = dataset.id.get_storage_size()
    name = dataset.name[:200]
    if dataset.chunks is None:
        whole = held == declared
    else:
        size = math.prod(dataset.chunks) * dataset.dtype.itemsize
        count = len(_grid(dataset))
        if size > min(_MAX_CHUNK, max(4 * declared, 1 << 20)):
            raise limits.refused(path, f"{name!r} has chunks of {size:,} bytes")
        if count > _MAX_CHUNKS:
            raise limits.refused(path, f"{name!r} has {count:,} chunks")
        # Deflate packs at most 1,032 to 1.
        packed = dataset.compression is not None
        whole = held * (1032 if packed else 1) >= declared
    if not whole:
        raise limits.refused(
            path,
            f"{name!r} declares {declared:,} bytes and holds {held:,}",
        )


class _Grid:
    """Where the chunks of an array begin."""

    def __init__(self, shape, chunks):
        self._ranges = [
            range(0, side, step)
            for side, step in zip(shape, chunks, strict=True)
        ]

    def __len__(self):
        return math.prod(len(part) for part in self._ranges)

    def __iter__(self):
        return itertools.product(*self._ranges)


def _grid(dataset) -> _Grid:
    return _Grid(dataset.shape, dataset.chunks)


def _values(dataset, path) -> np.ndarray:
    kind = _kind(dataset, path)
    stored = "V2" if kind == arrays.BFLOAT16 else arrays.dtype_as_read(kind)
    values = np.empty(dataset.shape, stored)
    if dataset.chunks is not None:
        _read_chunks(dataset, values, path)
    elif dataset.size:
        dataset.read_direct(values)
    if kind == arrays.BFLOAT16:
        return arrays.widen_bfloat16(values.view("<u2"))
    return values


def _read_chunks(dataset, values, path) -> None:
    """Unpacks here, where a chunk cannot grow beyond its size."""
    size = math.prod(dataset.chunks) * dataset.dtype.itemsize
    packed = dataset.compression is not None
    for start in _grid(dataset):
        with _missing_chunk(dataset, path):
            info = dataset.id.get_chunk_info_by_coord(start)
            if info.filter_mask or info.size > size + size // 100 + 1024:
                raise ValueError("a chunk has another size or filter")
            _, data = dataset.id.read_direct_chunk(start)
            if packed:
                data = zlib.decompressobj().decompress(data, size)
            block = np.frombuffer(data, dataset.dtype).reshape(dataset.chunks)
        there = tuple(
            slice(first, min(first + step, side))
            for first, step, side in zip(
                start, dataset.chunks, dataset.shape, strict=True
            )
        )
        here = tuple(slice(0, part.stop - part.start) for part in there)
        values[there] = block[here]


@contextlib.contextmanager
def _missing_chunk(dataset, path):
    try:
        yield
    except (ValueError, OSError, RuntimeError, zlib.error) as error:
        raise limits.damaged(
            path,
            f"{dataset.name[:200]!r} lacks numbers ({str(error)[:200]})",
            _FORM,
        ) from error
