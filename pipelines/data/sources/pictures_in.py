"""Pictures to say something of: files, and folders of them without labels."""

import glob
import itertools
import os
from collections.abc import Iterable

from pipelines.data.sources.appearances import instead_of_classes
from pipelines.data.sources.scan import EXTENSIONS
from pipelines.data.sources.scan import Scan
from pipelines.data.sources.unread import Unread
from zoo.errors import DataError


def pictures_in(paths: Iterable[str]) -> list[str]:
    """Returns the files among some paths, and the pictures of the folders.

    Args:
        paths: Of files, which are taken as they are, of folders, whose
            pictures and those of their sub-folders are listed, and patterns
            of such paths, as `matching` takes them.

    Returns:
        Each once, in the order in which it came first.

    Raises:
        DataError: A folder holds no pictures, or what cannot be read.
    """
    found = []
    for path in itertools.chain.from_iterable(map(matching, paths)):
        if not os.path.isdir(path):
            found.append(path)
            continue
        unread = Unread()
        inside = list(Scan(path, path, report=unread).pictures(path))
        if not inside:
            left = unread.words(0)
            raise DataError(
                f"{path} holds no pictures ({', '.join(EXTENSIONS)}). "
                f"{left + '.' if left else instead_of_classes(path)}".rstrip()
            )
        unread.say(len(inside))
        found += inside
    return list(dict.fromkeys(found))


def matching(path: str) -> list[str]:
    """Returns the paths that a pattern stands for, sorted.

    Args:
        path: With `*`, `?`, `[…]` and, for folders within folders, `**`. What
            is there as it is written is no pattern. What stands for nothing
            stays as it is, so that whoever reads it says so.

    Example:

    ```python
    import pathlib, tempfile
    from pipelines.data.sources.pictures_in import matching
    with tempfile.TemporaryDirectory() as folder:
        for name in ("b.jpg", "a.jpg", "c.png"):
            (pathlib.Path(folder) / name).touch()
        found = matching(f"{folder}/*.jpg")
        assert [path[-5:] for path in found] == ["a.jpg", "b.jpg"]
    ```
    """
    if os.path.lexists(path) or not glob.has_magic(path):
        return [path]
    return sorted(glob.glob(path, recursive=True)) or [path]
