"""Files that are there whole or not at all. Needs neither Keras nor NumPy."""

import contextlib
import os
import pathlib
import uuid


@contextlib.contextmanager
def whole_file(path):
    """Yields a new file's path beside `path`, where it is put in the end.

    Where it cannot be written, or anything else is raised, nothing is left.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    path = pathlib.Path(path)
    # With its ending, which says to Keras what it is.
    temporary = path.with_name(f".tmp-{uuid.uuid4().hex}{path.suffix}")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    path = pathlib.Path(path)
    # Not by tempfile, whose files no other user may read.
    temporary = path.with_name(f".tmp-{uuid.uuid4().hex}")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
