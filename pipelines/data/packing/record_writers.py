"""Writing records one after another, and where each of them is."""

import contextlib
import errno
import os

import tensorflow as tf

from pipelines.data.sources import protos
from pipelines.data.sources.records import TFRECORD
from pipelines.data.sources.records import array_record_module
from pipelines.data.sources.shards import KEYS

# Of a TFRECORD: length and its checksum before, a checksum behind.
_HEAD, _TAIL = 12, 4


def open_writer(path: str, kind: str):
    """Opens a new file of records.

    Args:
        path: Where.
        kind: `"tfrecord"` or `"arrayrecord"`.

    Returns:
        What has `write`, `close` and `size`, the bytes written so far.
    """
    return _TFRecords(path) if kind == TFRECORD else _ArrayRecords(path)


class _TFRecords:
    def __init__(self, path: str):
        self._path = path
        with _as_os_error(path):
            self._file = tf.io.TFRecordWriter(path)
        self.size = 0

    def write(self, record: bytes) -> int:
        """Returns where the picture is in the file."""
        first = protos.features(record, 0, len(record))[KEYS.picture].start
        with _as_os_error(self._path):
            self._file.write(record)
        place = self.size + _HEAD + first
        self.size += _HEAD + len(record) + _TAIL
        return place

    def close(self) -> None:
        with _as_os_error(self._path):
            self._file.close()


@contextlib.contextmanager
def _as_os_error(path: str):
    """TensorFlow has names of its own for what the operating system says."""
    try:
        yield
    except tf.errors.OpError as error:
        full = isinstance(error, tf.errors.ResourceExhaustedError)
        code = errno.ENOSPC if full else errno.EIO
        reason = os.strerror(code) if full else error.message
        raise OSError(code, reason, path) from error


class _ArrayRecords:
    def __init__(self, path: str):
        module = array_record_module()
        # Pictures are compressed already, and are read one by one.
        options = "group_size:1,uncompressed"
        self._file = module.ArrayRecordWriter(path, options)
        self._rows = self.size = 0

    def write(self, record: bytes) -> int:
        """Returns the number of the record."""
        self._file.write(record)
        self.size += len(record)
        self._rows += 1
        return self._rows - 1

    def close(self) -> None:
        self._file.close()
