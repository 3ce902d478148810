"""Reading PyTorch's files since 1.6: a zip with a pickle and raw numbers."""

import io

import numpy as np

from zoo.weights.reading import archives
from zoo.weights.reading import arrays
from zoo.weights.reading import limits
from zoo.weights.reading import torch_pickle
from zoo.weights.reading import torch_views

PICKLE = "/data.pkl"
_FORM = "PyTorch"
_MAX_PICKLE = 4 << 20


def read(path, limit: int = limits.LIMIT) -> dict[str, np.ndarray]:
    """Reads the tensors of a `.pth` file, without PyTorch, running nothing.

    Args:
        path: The file.
        limit: Of the bytes of all tensors.

    Returns:
        The arrays under PyTorch's names; 16-bit floats as float32.

    Raises:
        IntegrityError: The file is damaged, too large, or its pickle has
            something in it other than tensors and plain values.

    Example:

    ```python
    import tempfile, zipfile
    from zoo.weights.reading import torch_zip

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/bad.pth"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("bad/data.pkl", b"cos\\nsystem\\n.")
        try:
            torch_zip.read(path)
        except ValueError as error:
            message = str(error)
    assert "global os.system" in message
    ```
    """
    with archives.open_archive(path) as archive:
        folder = _folder(path, archive)
        views = _views(path, archive, folder)

        def read_storage(storage):
            return _read_storage(path, archive, folder, storage)

        for view in views.values():
            _member(path, archive, folder, view.storage)
        return torch_views.read_views(views, read_storage, path, limit)


def _folder(path, archive) -> str:
    """Returns the one folder that everything in the archive is in."""
    pickles = [
        name
        for name in archive.namelist()
        if name.endswith(PICKLE) and name.count("/") == 1
    ]
    if len(pickles) != 1:
        raise limits.damaged(
            path, f"it has {len(pickles)} files data.pkl, expected 1", _FORM
        )
    folder = pickles[0].removesuffix(PICKLE)
    if f"{folder}/constants.pkl" in archive.namelist():
        raise limits.refused(
            path,
            "it is a TorchScript program; expected the weights alone, from "
            "torch.save(model.state_dict(), ...)",
        )
    order = f"{folder}/byteorder"
    if order in archive.namelist():
        info = archives.stored(path, archive, order)
        if info.file_size > 6 or archive.read(info) != b"little":
            raise limits.damaged(path, "it is not little-endian", _FORM)
    return folder


def _views(path, archive, folder) -> dict:
    info = archives.stored(path, archive, folder + PICKLE)
    if info.file_size > _MAX_PICKLE:
        raise limits.refused(
            path,
            f"its pickle has {info.file_size:,} bytes, expected at most "
            f"{_MAX_PICKLE:,}",
        )
    root = torch_pickle.interpret(io.BytesIO(archive.read(info)), path)
    return torch_views.find_state(root, path)


def _member(path, archive, folder, storage):
    """Returns where a storage is, if it is as large as it should be."""
    name = f"{folder}/data/{storage.key}"
    info = archives.stored(path, archive, name)
    expected = storage.count * arrays.item_size(storage.kind)
    if info.file_size != expected:
        raise limits.damaged(
            path,
            f"its member {name!r} has {info.file_size:,} bytes, expected "
            f"{expected:,}",
            _FORM,
        )
    return info


def _read_storage(path, archive, folder, storage) -> np.ndarray:
    info = _member(path, archive, folder, storage)
    with archive.open(info) as stream:
        return arrays.read_array(stream, storage.kind, storage.count)
