"""Foreign weight files, read as numbers and nothing else.

These are `.safetensors`, PyTorch's `.pth` (both of its formats), Keras's
`.h5` and `.weights.h5` and its `.keras` archives.
One reader for each format, and `read` for whatever a file turns out to be.
Nothing in a file is imported, called or followed out of it; how much is
read is checked before it is.
"""

import contextlib
import pathlib
import struct
import zipfile
import zlib

import numpy as np

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights.reading import limits
from zoo.weights.reading.formats import find_reader

LIMIT = limits.LIMIT
__all__ = ["LIMIT", "guarded", "read"]

# What has nothing to do with what is in a file.
_SYSTEM = (IsADirectoryError, PermissionError)
# What the libraries below raise on damaged files.
_DAMAGE = (
    EOFError,
    LookupError,
    OSError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def read(path, *, expected_bytes: int | None = None) -> dict[str, np.ndarray]:
    """Reads the tensors of a weight file of any format that is known.

    What a file is, is seen from its content, not from its name.

    Args:
        path: The file.
        expected_bytes: What the tensors should take in memory, as far as it
            is known; 5 % more is too much. `LIMIT` holds in any case.

    Returns:
        The arrays under the names that the format gives them: see the
        modules. 16-bit floats are float32. Arrays may share memory, and may
        not be contiguous, where the tensors were so.

    Raises:
        RequestError: There is no such file, or it is of another format.
        IntegrityError: The file is damaged, too large, or not what its name
            says, or it holds more than numbers.

    Example:

    ```python
    import tempfile, numpy as np, safetensors.numpy
    from zoo.weights import reading

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/w.safetensors"
        safetensors.numpy.save_file({"a/kernel": np.ones(3)}, path)
        tensors = reading.read(path, expected_bytes=24)
    assert tensors["a/kernel"].shape == (3,)
    ```
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise RequestError(f"There is no weight file {path}.")
    limit = LIMIT
    if expected_bytes is not None:
        limit = min(limit, expected_bytes * 105 // 100)
    with guarded(path):
        return find_reader(path)(path, limit)


@contextlib.contextmanager
def guarded(path):
    """Has whatever a library raises on a damaged file name the file.

    Args:
        path: The file that is read inside.

    Raises:
        OSError: It cannot be read by this user.
        IntegrityError: It is damaged.
    """
    try:
        yield
    except (IntegrityError, RequestError, *_SYSTEM):
        raise
    except _DAMAGE as error:
        raise limits.damaged(path, str(error)[:200]) from error
