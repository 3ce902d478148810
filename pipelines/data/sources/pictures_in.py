"""Pictures to say something of: files, and folders of them without labels."""

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
        paths: Of files, which are taken as they are, and of folders, whose
            pictures and those of their sub-folders are listed.

    Raises:
        DataError: A folder holds no pictures, or what cannot be read.
    """
    found = []
    for path in paths:
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
    return found
