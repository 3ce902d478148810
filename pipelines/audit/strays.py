"""What lies in a data folder and is no picture of a class, by the reason."""

import os
from typing import NamedTuple

from pipelines.audit.listing import WARNING
from pipelines.data.inspection import headers
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE

_SYSTEM_FILES = ("thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r")


class Strays(NamedTuple):
    """What is no picture of a class, by the reason."""

    hidden: list[str]
    unread: list[str]
    pictures: list[str]
    beside: list[str]
    loops: list[str]
    links: list[str]
    outside: list[str]
    dangling: list[str]
    odd: list[str]


# How bad each reason is, and what is said of it.
WORDS = {
    "hidden": (NOTE, "hidden or a system's own: passed over"),
    "unread": (NOTE, "not named as a picture: passed over"),
    "pictures": (
        WARNING,
        "a picture by content but not by name: passed over. Name it .jpg, "
        ".png, .gif, .bmp or .webp",
    ),
    "beside": (
        WARNING,
        "beside the class folders and of no class: passed over. Move it into "
        "one",
    ),
    "loops": (
        WARNING,
        "a link to a folder that it lies in: not followed, so that every "
        "picture counts once. Remove it",
    ),
    "links": (NOTE, "a link to another folder: not followed"),
    "outside": (
        REFUSE,
        "a link out of the data folder. Copy the file, or give "
        "--allow_outside_links",
    ),
    "dangling": (REFUSE, "a link to nothing. Remove it"),
    "odd": (
        NOTE,
        "an odd name (a control character, not UTF-8, a space at an end): it "
        "is read, other tools may stumble",
    ),
}


def leads_astray(entry, root, strays, classes: bool) -> bool:
    """Tells links to folders that are not followed, and keeps their names.

    Args:
        entry: An `os.DirEntry` of a folder.
        root: The data folder.
        strays: Where names are kept.
        classes: Whether the folder would be that of a class.
    """
    if not entry.is_symlink():
        return False
    target = os.path.realpath(entry.path)
    if _is_inside(os.path.realpath(os.path.dirname(entry.path)), target):
        strays.loops.append(entry.path)
        return True
    if not _is_inside(target, root):
        strays.outside.append(entry.path)
    elif not classes:
        strays.links.append(entry.path)
    # Training follows links to class folders and to no others.
    return not classes


def is_good_link(entry, root, strays) -> bool:
    """Tells links to files that are there, and keeps what else to say."""
    if not os.path.exists(entry.path):
        strays.dangling.append(entry.path)
        return False
    if not _is_inside(os.path.realpath(entry.path), root):
        strays.outside.append(entry.path)
    return True


def _is_inside(target: str, root: str) -> bool:
    root = os.path.realpath(root)
    return os.path.commonpath([target, root]) == root


def is_odd(name: str) -> bool:
    """Whether a file's name may break other tools."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return not name.isprintable() or name != name.strip()


def sort_out(entry, strays) -> None:
    """Keeps the name of a file that is not named as a picture."""
    if entry.name.lower() in _SYSTEM_FILES:
        strays.hidden.append(entry.path)
        return
    try:
        with open(entry.path, "rb") as file:
            headers.sniff(file.read(64))
    except (OSError, headers.Refused):
        strays.unread.append(entry.path)
    else:
        strays.pictures.append(entry.path)
