"""Reading PyTorch's files before 1.6: pickles in a row, then the numbers."""

import os

import numpy as np

from zoo.weights.reading import arrays
from zoo.weights.reading import limits
from zoo.weights.reading import torch_pickle
from zoo.weights.reading import torch_views

_NUMBER = 0x1950A86A20F9469CFC6C
# The number as a pickle, behind its protocol.
MAGIC = bytes.fromhex("8a0a6cfc9c46f9206aa850192e")
_PROTOCOL = 1001
_FORM = "PyTorch"


def read(path, limit: int = limits.LIMIT) -> dict[str, np.ndarray]:
    """Reads the tensors of an old `.pth` file, running nothing in it.

    Args:
        path: The file.
        limit: Of the bytes of all tensors.

    Returns:
        The arrays under PyTorch's names; 16-bit floats as float32.

    Raises:
        IntegrityError: The file is damaged, too large, or a pickle has
            something in it other than tensors and plain values.

    Example:

    ```python
    import pickle, tempfile
    from zoo.weights.reading import torch_legacy

    words = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, {}, [])
    with tempfile.NamedTemporaryFile(suffix=".pth") as file:
        for word in words:
            pickle.dump(word, file, protocol=2)
        file.flush()
        try:
            torch_legacy.read(file.name)
        except ValueError as error:
            message = str(error)
    assert "no dict of tensors" in message
    ```
    """
    with open(path, "rb") as file:
        for expected in (_NUMBER, _PROTOCOL):
            if torch_pickle.interpret(file, path) != expected:
                raise limits.damaged(path, "it is of another format", _FORM)
        system = torch_pickle.interpret(file, path)
        if not isinstance(system, dict) or not system.get("little_endian"):
            raise limits.damaged(path, "it is not little-endian", _FORM)
        root, storages = torch_pickle.interpret_all(file, path)
        keys = torch_pickle.interpret(file, path)
        views = torch_views.find_state(root, path)
        starts = _starts(path, file, keys, storages)

        def read_storage(storage):
            file.seek(starts[storage.key])
            return arrays.read_array(file, storage.kind, storage.count)

        return torch_views.read_views(views, read_storage, path, limit)


def _starts(path, file, keys, storages) -> dict[str, int]:
    """Returns where each storage begins: one follows the other."""
    size = os.fstat(file.fileno()).st_size
    starts = {}
    if (
        not isinstance(keys, list)
        or not all(isinstance(key, str) for key in keys)
        or sorted(keys) != sorted(storages)
    ):
        raise limits.damaged(
            path, "its list of storages is not that of its tensors", _FORM
        )
    at = file.tell()
    for key in keys:
        file.seek(at)
        count = int.from_bytes(file.read(8), "little", signed=True)
        storage = storages[key]
        if count != storage.count:
            raise limits.damaged(
                path,
                f"storage {key[:50]!r} has {count:,} numbers, expected "
                f"{storage.count:,}",
                _FORM,
            )
        starts[key] = at + 8
        at += 8 + count * arrays.item_size(storage.kind)
        if at > size:
            raise limits.damaged(
                path,
                f"{at - size:,} bytes of storage {key[:50]!r} are missing",
                _FORM,
            )
    return starts
