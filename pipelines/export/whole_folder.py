"""A folder that is there whole and judged, or not at all."""

import contextlib
import os
import pathlib
import shutil
import uuid
from collections.abc import Iterator

from zoo.errors import RequestError
from zoo.weights.atomic import naming


def refuse_if_there(path) -> None:
    """Refuses to write over anything.

    Raises:
        RequestError: Something is there, even an empty folder.
    """
    if os.path.lexists(path):
        raise RequestError(
            f"`output={path}` is there already. Give another name, or remove "
            "it first."
        )


@contextlib.contextmanager
def whole_folder(path) -> Iterator[pathlib.Path]:
    """Gives a folder to write into, which gets its name at the end.

    Where anything is raised it is gone.

    Args:
        path: What it is called in the end; nothing may be there.

    Raises:
        RequestError: Something is there.
        OSError: The disk is full or the folder cannot be written.

    Example:

    ```python
    import pathlib, tempfile
    from pipelines.export.whole_folder import whole_folder
    with tempfile.TemporaryDirectory() as place:
        with whole_folder(f"{place}/net") as folder:
            (folder / "labels.txt").write_text("ant")
            assert not pathlib.Path(place, "net").exists()
        assert pathlib.Path(place, "net", "labels.txt").exists()
    ```
    """
    refuse_if_there(path)
    path = pathlib.Path(path)
    temporary = path.with_name(f".tmp-{uuid.uuid4().hex}")
    try:
        with naming(path):
            temporary.mkdir(parents=True)
        try:
            yield temporary
        except OSError as error:
            _rename_in(error, temporary, path)
            raise
        refuse_if_there(path)
        with naming(path):
            os.rename(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _rename_in(error: OSError, temporary, path) -> None:
    """Has an error speak of the folder that was asked for."""
    if error.filename:
        name = os.fsdecode(error.filename)
        error.filename = name.replace(str(temporary), str(path))
    else:
        words = [str(each) for each in error.args]
        error.args = tuple(w.replace(str(temporary), str(path)) for w in words)
