"""Walking a folder: which files are its pictures, and which are not and why.

Training and the audit both list a data folder by this code, so that what is
audited is what is learned from. Every path that is passed over is reported
with its reason; who listens decides whether that is an error.

Links are never followed in circles. One to a place that is walked anyway is
passed over, because its pictures are counted there; one out of the data set
is refused in training, unless it is allowed.
"""

import dataclasses
import enum
import os
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.data.inspection.modern_formats import READ
from zoo.errors import DataError

EXTENSIONS = (
    ".jpg",
    ".jpeg",
    ".png",
    ".gif",
    ".bmp",
    ".webp",
    ".tif",
    ".tiff",
    ".jpe",
    ".jfif",
    ".dib",
    *(ending for each in READ for ending in each.endings),
)
# What systems and programs leave behind, files and folders.
_SYSTEM = frozenset(
    (
        "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "picasa.ini",
        "__macosx", "@eadir", "#recycle", "#snapshot", "@recycle", "@tmp",
        "@recently-snapshot", "$recycle.bin", "recycler", "recycled",
        "lost+found", "lost.dir", "found.000", "system volume information",
        "_vti_cnf", "__pycache__",
    )
)  # fmt: skip
_SYSTEM_STARTS = ("synofile_thumb", "synophoto_thumb")
# Folders of smaller copies, beneath a class.
_THUMBNAILS = frozenset(("thumb", "thumbs", "thumbnail", "thumbnails"))
_DEEPEST = 100
_LONGEST_SHOWN = 1000


class Reason(enum.Enum):
    """Why a path of a data folder is not read."""

    HIDDEN = "its name starts with a dot"
    SYSTEM = "it belongs to the system"
    NOT_NAMED = "its name is not a picture's"
    NOT_REGULAR = "it is a pipe, a device or another file that is not regular"
    BESIDE = "it lies beside the class folders"
    OTHER_PART = "it lies beside the parts that are read"
    LOOP = "it is a link to a folder that it lies in"
    READ_THERE = "it is a link to a place that is read itself"
    READ_ALREADY = "another link leads to the same folder"
    DANGLING = "it is a link to nothing"
    MISSING = "it is named as a picture and a link to nothing"
    OUTSIDE = "it is a link out of the data set"
    UNREADABLE = "it is a folder that cannot be listed"
    TOO_DEEP = "it lies too many folders deep"


class Skipped(NamedTuple):
    """A path that is passed over.

    Args:
        path: What was passed over.
        reason: Why.
        target: Where it leads, of a link.
    """

    path: str
    reason: Reason
    target: str = ""


# What cannot be trained on until a person has decided about it.
_REFUSED = {
    Reason.MISSING: "{path} is a link to {target}, which is not there. Bring "
    "it back, or remove the link.",
    Reason.OUTSIDE: "{path} is a link out of the data set, to {target}. Copy "
    "the files in, or list them in a CSV manifest.",
    Reason.UNREADABLE: "{path} cannot be listed. Check its rights.",
    Reason.TOO_DEEP: "{path} lies too deep in its class. Take it out.",
}


def is_system(name: str) -> bool:
    """Says whether a name is that of a system's or a program's own file."""
    folded = name.lower()
    return folded in _SYSTEM or folded.startswith(_SYSTEM_STARTS)


def refuse_bad(skipped: Skipped) -> None:
    """Refuses what training must not pass over silently.

    Raises:
        DataError: A link leads to nothing under a picture's name or out of
            the data set, or a folder cannot be listed.
    """
    if skipped.reason in _REFUSED:
        words = _REFUSED[skipped.reason]
        path = skipped.path
        if len(path) > _LONGEST_SHOWN:
            path = f"{path[:_LONGEST_SHOWN]}…"
        raise DataError(words.format(**{**skipped._asdict(), "path": path}))


@dataclasses.dataclass
class Scan:
    """A walk through the class folders of one part of a data set.

    Args:
        root: The folder of the class folders.
        home: The data set's folder, `root` or one above it.
        allow_outside_links: Whether links may lead out of `home`.
        report: Given every path that is passed over, when it is; what it
            raises ends the walk.
    """

    root: str
    home: str
    allow_outside_links: bool = False
    report: Callable[[Skipped], None] = refuse_bad

    def __post_init__(self):
        self._root = os.path.realpath(self.root)
        self._home = os.path.realpath(self.home)
        self._followed: set[str] = set()

    def classes(self) -> list[str]:
        """Returns the names of the class folders, sorted."""
        found = []
        for entry in self._entries(self.root):
            if _is_folder(entry):
                if self._wanted(entry):
                    found.append(entry.name)
            elif not self._ignored(entry):
                self._skip(entry, _no_picture(entry) or Reason.BESIDE)
        return found

    def pictures(self, folder: str, depth: int = 0) -> Iterator[str]:
        """Yields the pictures of a folder, then those of its sub-folders.

        Args:
            folder: A class's, or one beneath it.
            depth: How many folders beneath.
        """
        if depth > _DEEPEST:
            self.report(Skipped(folder, Reason.TOO_DEEP))
            return
        folders = []
        for entry in self._entries(folder):
            if not self._wanted(entry):
                continue
            if _is_folder(entry):
                if entry.name.lower() in _THUMBNAILS:
                    self._skip(entry, Reason.SYSTEM)
                else:
                    folders.append(entry.path)
            elif reason := _no_picture(entry):
                self._skip(entry, reason)
            else:
                yield entry.path
        for each in folders:
            yield from self.pictures(each, depth + 1)

    def _entries(self, folder: str) -> list[os.DirEntry]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError:
            self.report(Skipped(folder, Reason.UNREADABLE))
            return []

    def _wanted(self, entry: os.DirEntry) -> bool:
        if self._ignored(entry):
            return False
        return not entry.is_symlink() or self._followable(entry)

    def _ignored(self, entry: os.DirEntry) -> bool:
        if entry.name.startswith("."):
            self._skip(entry, Reason.HIDDEN)
        elif is_system(entry.name):
            self._skip(entry, Reason.SYSTEM)
        else:
            return False
        return True

    def _followable(self, entry: os.DirEntry) -> bool:
        target = os.path.realpath(entry.path)
        folder = _is_folder(entry)
        if not os.path.exists(entry.path):
            target = os.readlink(entry.path)
            named = _is_named(entry)
            reason = Reason.MISSING if named else Reason.DANGLING
        elif folder and _inside(_place(entry), target):
            reason = Reason.LOOP
        elif _inside(target, self._root) or _inside(self._root, target):
            reason = Reason.READ_THERE
        elif not self.allow_outside_links and not _inside(target, self._home):
            reason = Reason.OUTSIDE
        elif folder and target in self._followed:
            reason = Reason.READ_ALREADY
        else:
            if folder:
                self._followed.add(target)
            return True
        self._skip(entry, reason, target)
        return False

    def _skip(self, entry: os.DirEntry, reason: Reason, target="") -> None:
        self.report(Skipped(entry.path, reason, target))


def _is_folder(entry: os.DirEntry) -> bool:
    # What the entry itself knows costs nothing, but it raises on links to
    # themselves.
    if entry.is_symlink():
        return os.path.isdir(entry.path)
    return entry.is_dir()


def _no_picture(entry: os.DirEntry) -> Reason | None:
    """Says why something that is no folder is no picture by its outside."""
    if entry.is_symlink():
        if not os.path.exists(entry.path):
            return Reason.DANGLING
        regular = os.path.isfile(entry.path)
    else:
        regular = entry.is_file()
    if not regular:
        return Reason.NOT_REGULAR
    return None if _is_named(entry) else Reason.NOT_NAMED


def _is_named(entry: os.DirEntry) -> bool:
    return entry.name.lower().endswith(EXTENSIONS)


def _place(entry: os.DirEntry) -> str:
    return os.path.realpath(os.path.dirname(entry.path))


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))
