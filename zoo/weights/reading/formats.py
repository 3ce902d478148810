"""Telling what a file is from what is in it, whatever it is called."""

import pathlib
import struct
import zipfile

from zoo.errors import RequestError
from zoo.weights.reading import archives
from zoo.weights.reading import limits
from zoo.weights.reading import safetensors
from zoo.weights.reading import torch_legacy
from zoo.weights.reading import torch_zip

# Files with these names say that they are weights.
_SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".h5", ".hdf5", ".keras")
_READ = ".safetensors, .pth, .h5 and .keras files"
_LOOKS = (
    (b"version https://git-lfs", "a Git LFS pointer to the real file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK", "a zip archive without weights in it"),
    (b"\x80", "a pickle, which is a program"),
    (b"{", "JSON text"),
)


def find_reader(path: pathlib.Path):
    """Returns the function that reads a file.

    Raises:
        RequestError: It is of a format that is not read.
        IntegrityError: Neither is it, but its name says that it is.
    """
    with open(path, "rb") as file:
        head = file.read(512)
        if head.startswith(b"\x89HDF\r\n\x1a\n"):
            return _keras().read
        if head[:1] == b"\x80" and head[2:].startswith(torch_legacy.MAGIC):
            return torch_legacy.read
        if head.startswith(b"PK\x03\x04"):
            reader = _archive_reader(path)
            if reader is not None:
                return reader
        if head[8:9] == b"{" and _is_length(head):
            return safetensors.read
    raise _unknown(path, _look(head))


def _is_length(head: bytes) -> bool:
    """Whether it starts with a number rather than with text."""
    (length,) = struct.unpack("<Q", head[:8])
    return length < 1 << 40


def _keras():
    # Here, because HDF5 takes as long to load as the rest of the package.
    from zoo.weights.reading import keras_h5

    return keras_h5


def _archive_reader(path):
    try:
        with archives.open_archive(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, struct.error, UnicodeError) as error:
        raise limits.damaged(path, str(error)[:200], "zip") from error
    if archives.KERAS_WEIGHTS in names:
        return _keras().read_archive
    if any(name.endswith(torch_zip.PICKLE) for name in names):
        return torch_zip.read
    return None


def _look(head: bytes) -> str:
    """Says what a file that is no weights looks like."""
    if not head:
        return "it is empty"
    text = head.lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "it looks like a web page, not what was to be downloaded"
    for start, name in _LOOKS:
        if head.startswith(start):
            return f"it looks like {name}"
    if head[257:262] == b"ustar":
        return "it looks like a tar archive"
    if all(byte >= 32 or byte in b"\t\r\n" for byte in head):
        return "it looks like text"
    return "it looks like nothing that is known"


def _unknown(path, look: str) -> ValueError:
    suffix = path.suffix.lower()
    if suffix in _SUFFIXES:
        return limits.damaged(path, look, suffix)
    return RequestError(
        f"Weights are read from {_READ}. Received: {path}, and {look}."
    )
