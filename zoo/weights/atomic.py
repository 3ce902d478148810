"""Files that are there whole or not at all. Needs neither Keras nor NumPy."""

import os
import pathlib
import uuid


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
