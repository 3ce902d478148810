"""Which pictures a path stands for that are not there yet. Pure Python."""

import fnmatch
import glob
import os
import pathlib

# A name that nobody knows yet.
_ANY = None


def would_find(path: str, folder: str) -> bool:
    """Whether a path finds what will lie in a folder's sub-folders.

    Args:
        path: As one of those that `pictures_in` takes; a file that is named
            finds nothing else.
        folder: Which need not be there yet.

    Example:

    ```python
    from pipelines.data.sources.patterns import would_find
    assert would_find("new/**/*.jpg", "new/sorted")
    assert not would_find("new/*.jpg", "new/sorted")
    ```
    """
    wanted = _parts(path)
    names = [*pathlib.Path(os.path.realpath(folder)).parts, _ANY, _ANY]
    # Of a folder that is found all is listed, however deep.
    return any(
        _matches(names[: count + 1], wanted) for count in range(len(names))
    )


def _parts(path: str) -> tuple[str, ...]:
    """The real parts of a path, and behind them those that are patterns."""
    if os.path.isdir(path):
        return pathlib.Path(os.path.realpath(path)).parts
    if os.path.lexists(path) or not glob.has_magic(path):
        return ()
    parts = pathlib.Path(path).parts
    first = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    before = os.path.realpath(os.path.join("", *parts[:first]))
    return (*pathlib.Path(before).parts, *parts[first:])


def _matches(names: list, wanted: tuple[str, ...]) -> bool:
    if not wanted:
        return not names
    first, rest = wanted[0], wanted[1:]
    if first == "**":
        return any(_matches(names[i:], rest) for i in range(len(names) + 1))
    return (
        bool(names) and _is_like(names[0], first) and _matches(names[1:], rest)
    )


def _is_like(name: str | None, pattern: str) -> bool:
    if name is _ANY:
        return glob.has_magic(pattern)
    return name == pattern or (
        fnmatch.fnmatch(name, pattern)
        and name.startswith(".") <= pattern.startswith(".")
    )
