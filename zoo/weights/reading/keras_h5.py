"""Reading Keras's weights: old and new `.h5` files, and `.keras` archives.

Only arrays are read. The `config.json` of an archive and the `model_config`
of an `.h5` file, from which Keras builds layers, are not looked at. What the
arrays are called says `zoo.weights.reading.keras_names`.
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
from zoo.weights.reading.keras_names import name_weights

_FORM = "Keras"
_MAX_DEPTH = 16
_MAX_CHUNKS = 100_000
_MAX_CHUNK = 64 << 20


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
    with _archived(path) as window:
        return _read(window, path, limit)


def archived_shapes(path, limit: int = limits.LIMIT) -> list[tuple[int, ...]]:
    """Returns the shapes of the weights of a `.keras` file, none read.

    Args:
        path: The file.
        limit: Of the bytes of all tensors.

    Raises:
        IntegrityError: As for `read_archive`.
    """
    with _archived(path) as window, h5py.File(window, "r") as file:
        return [each.shape for each in _kept(file, path, limit).values()]


@contextlib.contextmanager
def _archived(path):
    """Opens the weights of a `.keras` file, whose checksum is right."""
    with archives.open_archive(path) as archive:
        info = archives.stored(path, archive, archives.KERAS_WEIGHTS)
        with archive.open(info) as stream:
            # Reading to the end compares the checksum.
            while stream.read(1 << 20):
                pass
        with archives.Window(archive, info) as window:
            check_heaps(window, path)
            yield window


def _read(source, path, limit) -> dict[str, np.ndarray]:
    with h5py.File(source, "r") as file:
        kept = _kept(file, path, limit)
        return {name: _values(dataset, path) for name, dataset in kept.items()}


def _kept(file, path, limit) -> dict[str, h5py.Dataset]:
    """Returns the arrays that are weights, all of which were written."""
    found = _datasets(file, path)
    kept = name_weights(file, found, path)
    total = sum(
        arrays.bytes_as_read(_kind(dataset, path), dataset.size)
        for dataset in kept.values()
    )
    limits.check_total(path, total, limit)
    for dataset in kept.values():
        _check_stored(dataset, path)
    return kept


def _datasets(file, path) -> dict[tuple[str, ...], h5py.Dataset]:
    """Returns all arrays by their path; follows no link out of the tree."""
    found, seen = {}, set()
    groups = [((), file)]
    while groups:
        place, group = groups.pop(0)
        # Counted before they are looked at, one by one.
        if len(seen) + len(group) > limits.MAX_TENSORS:
            raise limits.damaged(
                path,
                f"it has more than {limits.MAX_TENSORS:,} entries",
                _FORM,
            )
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
