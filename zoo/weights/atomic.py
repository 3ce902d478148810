"""Files that are there whole or not at all. Needs neither Keras nor NumPy."""

import contextlib
import errno
import os
import pathlib
import uuid
from collections.abc import Callable
from collections.abc import Iterator


def write_atomically(path, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all.

    Raises:
        OSError: The disk is full or the folder cannot be written; it says
            which file.
    """
    with replacing(path) as temporary, open(temporary, "xb") as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path) -> Iterator[pathlib.Path]:
    """Gives another path to write to, which becomes the file at the end.

    Where anything is raised, the other path is gone, and the file is what it
    was before.

    Args:
        path: Where the file goes; replaced as a whole if it is there. The
            other path has the same ending.

    Raises:
        OSError: As for `write_atomically`.

    Example:

    ```python
    import pathlib, tempfile
    from zoo.weights.atomic import replacing

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "curves.svg"
        with replacing(path) as temporary:
            temporary.write_text("<svg/>")
        assert [each.name for each in path.parent.iterdir()] == ["curves.svg"]
    ```
    """
    with _beside(pathlib.Path(path), os.replace) as temporary:
        yield temporary


@contextlib.contextmanager
def making(path) -> Iterator[pathlib.Path]:
    """Gives another path to write to, as `replacing`, but replaces nothing.

    Args:
        path: Where the file goes.

    Raises:
        FileExistsError: Something is there by then.
        OSError: As for `write_atomically`.

    Example:

    ```python
    import pathlib, tempfile
    from zoo.weights.atomic import making

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "cat.jpg"
        with making(path) as temporary:
            temporary.write_bytes(b"a cat")
        try:
            with making(path) as temporary:
                temporary.write_bytes(b"another")
        except FileExistsError:
            assert path.read_bytes() == b"a cat"
    ```
    """
    with _beside(pathlib.Path(path), _place) as temporary:
        yield temporary


@contextlib.contextmanager
def _beside(path: pathlib.Path, put: Callable) -> Iterator[pathlib.Path]:
    # Not by tempfile, whose files no other user may read.
    ending = "".join(path.suffixes[-1:])
    temporary = path.with_name(f".tmp-{uuid.uuid4().hex}{ending}")
    try:
        with naming(path):
            yield temporary
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            put(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _place(temporary: pathlib.Path, path: pathlib.Path) -> None:
    """Gives a file its name, of which whoever comes first has the use."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # FAT and some network drives know no links; another process that
        # takes the name in this moment is not seen there.
        if os.path.lexists(path):
            reason = os.strerror(errno.EEXIST)
            raise FileExistsError(errno.EEXIST, reason, str(path)) from None
        os.rename(temporary, path)
    else:
        temporary.unlink()


@contextlib.contextmanager
def naming(path) -> Iterator[None]:
    """Has what the operating system raises inside say which file it is about.

    A write to a full disk says "No space left on device", and no more.

    Args:
        path: What is written inside.

    Example:

    ```python
    from zoo.weights.atomic import naming
    try:
        with naming("net.h5"):
            raise OSError(28, "No space left on device")
    except OSError as error:
        assert error.filename == "net.h5"
    ```
    """
    try:
        yield
    except OSError as error:
        name = str(error.filename or "")
        if error.errno is None:
            # A library's own words, without a place for a name.
            error.args = (f"{path}: {error}",)
        elif not name or os.path.basename(name).startswith(".tmp-"):
            error.filename, error.filename2 = str(path), None
        raise
