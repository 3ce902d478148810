"""Walking a folder: which files are its pictures, and which are not and why.

Links are never followed in circles. One to a place that is walked anyway is
passed over, because its pictures are counted there; one out of the data set
is refused, unless it is allowed.
"""

import dataclasses
import os
from collections.abc import Iterator

from zoo.errors import DataError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
_SYSTEM = ("thumbs.db", "desktop.ini")


@dataclasses.dataclass
class Scan:
    """A walk through the class folders of one part of a data set.

    Args:
        root: The folder of the class folders.
        home: The data set's folder, `root` or one above it.
        follow_links: Whether links may lead out of `home`.
        passed_over: Gets every path that is no picture, and why.
    """

    root: str
    home: str
    follow_links: bool = False
    passed_over: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def __post_init__(self):
        self._root = os.path.realpath(self.root)
        self._home = os.path.realpath(self.home)
        self._followed: set[str] = set()

    def classes(self) -> list[str]:
        """Returns the names of the class folders, sorted."""
        return [
            entry.name
            for entry in self._entries(self.root)
            if entry.is_dir() and self._wanted(entry)
        ]

    def pictures(self, folder: str) -> Iterator[str]:
        """Yields the pictures of a folder, then those of its sub-folders."""
        folders = []
        for entry in self._entries(folder):
            if not self._wanted(entry):
                continue
            if entry.is_dir():
                folders.append(entry.path)
            elif not entry.name.lower().endswith(EXTENSIONS):
                self._pass(entry, "its name is not a picture's")
            elif not entry.is_file():
                self._pass(entry, "is no regular file")
            else:
                yield entry.path
        for each in folders:
            yield from self.pictures(each)

    def strays(self) -> None:
        """Notes what lies beside the class folders."""
        for entry in self._entries(self.root):
            if not entry.is_dir() and self._wanted(entry):
                self._pass(entry, "lies outside the class folders")

    def _entries(self, folder: str) -> list[os.DirEntry]:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)

    def _wanted(self, entry: os.DirEntry) -> bool:
        if entry.name.startswith("."):
            return self._pass(entry, "is hidden")
        if entry.name.lower() in _SYSTEM:
            return self._pass(entry, "belongs to the system")
        return not entry.is_symlink() or self._followable(entry)

    def _followable(self, entry: os.DirEntry) -> bool:
        target = os.path.realpath(entry.path)
        if not os.path.exists(entry.path):
            if entry.name.lower().endswith(EXTENSIONS):
                raise DataError(
                    f"{entry.path} is a link to {os.readlink(entry.path)}, "
                    "which is not there. Bring it back, or remove the link."
                )
            return self._pass(entry, "is a link to nothing")
        if _inside(target, self._root) or _inside(self._root, target):
            return self._pass(
                entry, f"is a link to {target}, which is counted there"
            )
        if not self.follow_links and not _inside(target, self._home):
            raise DataError(
                f"{entry.path} is a link out of the data set, to {target}. "
                "Copy the files in, or list them in a CSV manifest."
            )
        if entry.is_dir():
            if target in self._followed:
                return self._pass(entry, f"is another link to {target}")
            self._followed.add(target)
        return True

    def _pass(self, entry: os.DirEntry, reason: str) -> bool:
        self.passed_over.append((entry.path, reason))
        return False


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))
