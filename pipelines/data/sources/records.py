"""Pictures inside TFRecord and ArrayRecord files, each reached at once.

A TFRecord file has no index: it is walked once, from length to length, and
where the pictures lie is remembered. Only pages with lengths and labels are
read for that, not the pictures. An ArrayRecord file brings its own index.
"""

import dataclasses
import functools
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from concurrent import futures

import numpy as np

from pipelines.data.sources import protos
from zoo.errors import DataError
from zoo.errors import RequestError

TFRECORD = "tfrecord"
ARRAY_RECORD = "arrayrecord"
_HEAD = struct.Struct("<QI")
_TAIL = 4
_GZIP = b"\x1f\x8b"
_OPEN_FILES = 256


@dataclasses.dataclass(frozen=True)
class Index:
    """Where the pictures of one file, or of several, are.

    Args:
        places: int64 `(pictures,)`: the first byte of a picture in a TFRecord
            file, the number of the record in an ArrayRecord file.
        lengths: int64 `(pictures,)`: the bytes of each picture.
        labels: int32 `(pictures,)`.
    """

    places: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray

    def part(self, start: int, stop: int) -> "Index":
        """Returns the index of some of the pictures."""
        return Index(*(part[start:stop] for part in dataclasses.astuple(self)))


@dataclasses.dataclass(frozen=True)
class Keys:
    """Under which names an example holds its picture and its label."""

    picture: bytes
    label: bytes


def index_file(path: str, kind: str, keys: Keys) -> Index:
    """Finds the pictures of a file.

    Args:
        path: The file.
        kind: `TFRECORD` or `ARRAY_RECORD`.
        keys: What its examples call things.

    Raises:
        DataError: It is damaged, or its examples lack a picture or a label.
    """
    walk = walk_tfrecord if kind == TFRECORD else _walk_array_record
    rows = []
    for data, start, stop, place in walk(path):
        try:
            found = protos.features(data, start, stop)
            picture = found[keys.picture]
            label = protos.integer(data, found[keys.label])
        except (KeyError, protos.MalformedError) as error:
            raise DataError(
                f"{path}, record {len(rows)}: expected an example with "
                f"{keys.picture.decode()!r} and one whole number, its class, "
                f"in {keys.label.decode()!r} ({error}). Make the file anew; "
                "of pictures that show several classes or none, write a table."
            ) from error
        # Protocol buffers write -1, "no label", as a large number.
        label = label if label < 2**31 else -1
        place = picture.start if place is None else place
        rows.append((place, picture.stop - picture.start, label))
    table = np.asarray(rows, "int64").reshape(-1, 3)
    return Index(table[:, 0], table[:, 1], table[:, 2].astype("int32"))


def walk_tfrecord(path: str) -> Iterator[tuple]:
    """Yields what holds a record and where it starts and stops, and None.

    Raises:
        DataError: The file is cut or compressed.
    """
    size = os.path.getsize(path)
    if not size:
        return
    with (
        open(path, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        if hasattr(mmap, "MADV_RANDOM"):
            data.madvise(mmap.MADV_RANDOM)
        if data[:2] == _GZIP:
            raise DataError(
                f"{path} is compressed (gzip), so that no picture in it can be "
                "reached. Unpack it."
            )
        place = 0
        while place < size:
            start = place + _HEAD.size
            stop = start
            if start <= size:
                stop += _HEAD.unpack_from(data, place)[0]
            place = stop + _TAIL
            if place > size:
                raise DataError(
                    f"{path} is truncated: a record ends at byte {place}, the "
                    f"file at {size}. Make it anew."
                )
            yield data, start, stop, None


def _walk_array_record(path: str) -> Iterator[tuple]:
    reader = _array_record_reader(path)
    for row in range(reader.num_records()):
        (record,) = _read_array_record(path, row)
        yield record, 0, len(record), row


@dataclasses.dataclass(frozen=True, eq=False)
class RecordFiles:
    """Reads pictures out of record files.

    Args:
        files: The files.
        kind: `TFRECORD` or `ARRAY_RECORD`.
        file_of: int `(pictures,)`: places in `files`.
        index: Where in them.
        picture: What an ArrayRecord's example calls its picture.
        crc32: uint32 `(pictures,)`: what pictures must add up to, if known.
    """

    files: tuple[str, ...]
    kind: str
    file_of: np.ndarray
    index: Index
    picture: bytes
    crc32: np.ndarray | None = None

    def encoded(self, wanted: list[int]) -> list[bytes]:
        """Returns the bytes of some pictures.

        Raises:
            DataError: A file is gone or damaged; names it.
        """
        if len(wanted) < 32:
            return [self._read(i) for i in wanted]
        with futures.ThreadPoolExecutor(8) as pool:
            return list(pool.map(self._read, wanted, chunksize=64))

    def _read(self, i: int) -> bytes:
        path = self.files[self.file_of[i]]
        place, length = int(self.index.places[i]), int(self.index.lengths[i])
        try:
            if self.kind == TFRECORD:
                picture = _file(path).read(place, length)
            else:
                (record,) = _read_array_record(path, place)
                found = protos.features(record, 0, len(record))
                picture = record[found[self.picture].span]
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            raise DataError(f"{path} cannot be read: {error}") from error
        wrong = self.crc32 is not None and (
            zlib.crc32(picture) != self.crc32[i]
        )
        if wrong or len(picture) != length:
            raise DataError(
                f"{path} is damaged: picture {i} is not what was packed. "
                "Pack it anew, or copy it again."
            )
        return picture


class _File:
    """A file that is closed when nobody reads it any more."""

    def __init__(self, path: str):
        self._number = os.open(path, os.O_RDONLY)

    def read(self, place: int, length: int) -> bytes:
        return os.pread(self._number, length, place)

    def __del__(self):
        if hasattr(self, "_number"):
            os.close(self._number)


# A process may have about a thousand files open.
_file = functools.lru_cache(_OPEN_FILES)(_File)


def array_record_module():
    """Returns the library of ArrayRecord files.

    Raises:
        RequestError: It is not installed.
    """
    try:
        from array_record.python import array_record_module as module
    except ImportError as error:
        raise RequestError(
            "ArrayRecord files need the package array_record, which is not "
            "installed here: pip install array_record, or pack with "
            "`format=tfrecord`."
        ) from error
    return module


@functools.lru_cache(_OPEN_FILES)
def _array_record_reader(path: str):
    return array_record_module().ArrayRecordReader(
        path, options="readahead_buffer_size:0", file_reader_buffer_size=32768
    )


def _read_array_record(path: str, row: int) -> list[bytes]:
    return _array_record_reader(path).read([row])
