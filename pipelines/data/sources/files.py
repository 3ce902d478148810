"""Examples that are files: one picture each."""

import hashlib
import os
import stat
from concurrent import futures

import numpy as np
import tensorflow as tf

from pipelines.data.examples import Examples
from pipelines.data.names import Paths
from zoo.errors import DataError


def examples_of_files(
    paths: Paths,
    labels: np.ndarray,
    class_names: tuple[str, ...],
    sha256: np.ndarray | None = None,
) -> Examples:
    """Makes examples out of files.

    Without hashes a file is read by TensorFlow itself; with hashes Python
    reads it and refuses every byte that is not what it was.

    Args:
        paths: Where the files are.
        labels: int32 `(files,)`, each in 0…classes-1.
        class_names: In label order.
        sha256: uint8 `(files, 32)`: what the files must hash to.
    """

    def encoded(wanted):
        pictures = read_files([paths[i] for i in wanted])
        if sha256 is not None:
            for i, picture in zip(wanted, pictures, strict=True):
                check_hash(paths[i], picture, sha256[i])
        return pictures

    def fetch(index):
        return tf.io.read_file(paths.tensor(index))

    fetch = fetch if sha256 is None else None
    return Examples(paths, labels, class_names, encoded, fetch, sha256)


def check_hash(name: str, encoded: bytes, sha256: np.ndarray) -> None:
    """Refuses bytes that do not hash to what they should.

    Raises:
        DataError: Names the picture.
    """
    found = hashlib.sha256(encoded).digest()
    if found != sha256.tobytes():
        raise DataError(
            f"{name} is not the file that the manifest lists: expected sha256 "
            f"{sha256.tobytes().hex()}, received {found.hex()}. Bring the old "
            "file back, or write the manifest anew."
        )


def read_files(paths: list[str]) -> list[bytes]:
    """Reads many small files at once.

    Raises:
        DataError: Names the file that cannot be read.
    """
    if len(paths) < 32:
        return [_read(path) for path in paths]
    with futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(_read, paths, chunksize=64))


def _read(path: str) -> bytes:
    try:
        # A pipe without a writer would be waited for.
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DataError(
                    f"{path} is a pipe, a device or another file that is not "
                    "regular. Take it out of the data."
                )
            return file.read()
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}). Bring it back, or "
            "take it out of the data."
        ) from error


def _without_waiting(path, flags):
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
