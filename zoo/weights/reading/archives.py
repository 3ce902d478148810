"""Looking into zip files without unpacking anything to disk."""

import contextlib
import io
import struct
import zipfile

from zoo.weights.reading import limits

# What a `.keras` file calls its weights.
KERAS_WEIGHTS = "model.weights.h5"
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x07"
_MAX_DIRECTORY = 1 << 20


@contextlib.contextmanager
def open_archive(path):
    """Opens a zip file whose directory is sound.

    Raises:
        IntegrityError: The directory is huge, names a member twice, or its
            members take more than the file.
    """
    with open(path, "rb") as file:
        size = _check_directory(path, file)
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(set(names)) < len(names):
                raise limits.damaged(path, "it holds a member twice")
            packed = sum(info.compress_size for info in archive.infolist())
            if packed > size:
                raise limits.damaged(
                    path,
                    f"its members take {packed:,} bytes, it has {size:,}",
                )
            yield archive


def _check_directory(path, file) -> int:
    """Checks what `zipfile` would load whole; returns the file's size."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - 98, 0))
    tail = file.read()
    if tail[-22:-18] != _END:
        raise limits.damaged(path, "the end of the zip file is missing")
    (directory,) = struct.unpack("<L", tail[-10:-6])
    if tail[-42:-38] == _END64:
        (directory,) = struct.unpack("<Q", tail[-58:-50])
    if directory > _MAX_DIRECTORY:
        raise limits.damaged(
            path,
            f"the directory of the zip file has {directory:,} bytes, "
            f"expected at most {_MAX_DIRECTORY:,}",
        )
    return size


def stored(path, archive, name: str) -> zipfile.ZipInfo:
    """Returns a member that lies in the archive as it is, not packed.

    Raises:
        IntegrityError: There is none, or it is packed or encrypted.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise limits.damaged(path, f"it has no member {name!r}") from None
    if (
        info.compress_type != zipfile.ZIP_STORED
        or info.compress_size != info.file_size
        or info.flag_bits & 1
    ):
        raise limits.refused(
            path, f"its member {name!r} is compressed or encrypted"
        )
    return info


class Window(io.RawIOBase):
    """A stored member as a file of its own, without a copy of it.

    Args:
        archive: An open `ZipFile`.
        info: The member, from `stored`.
    """

    def __init__(self, archive, info):
        super().__init__()
        self._file = archive.fp
        self._file.seek(info.header_offset + 26)
        self._start = info.header_offset + 30
        self._start += sum(struct.unpack("<HH", self._file.read(4)))
        self._size = info.file_size
        self._at = 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self._at

    def seek(self, offset, whence=io.SEEK_SET):
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence, self._size)
        self._at = base + offset
        return self._at

    def readinto(self, buffer):
        left = max(self._size - self._at, 0)
        view = memoryview(buffer)[:left]
        self._file.seek(self._start + self._at)
        read = self._file.readinto(view)
        self._at += read
        return read
