"""Everything that lies in a data folder, also what training passes over.

Training reads `root/<class>/**` or `root/<part>/<class>/**`
(`pipelines.data.folder`). Here the same files are found, and beside them
whatever a person would want to know of: loops of links, hidden files, names
that break tools, empty classes.
"""

import dataclasses
import os
from typing import NamedTuple

from pipelines.data.audit import headers
from pipelines.data.audit.kinds import NOTE
from pipelines.data.audit.kinds import REFUSE
from pipelines.data.folder import TRAINING_PARTS
from pipelines.data.folder import VALIDATION_PARTS
from pipelines.data.scan import EXTENSIONS

WARNING = "warning"
TRAIN, VALIDATION, WHOLE = "train", "val", ""
_SYSTEM_FILES = ("thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r")


class Entry(NamedTuple):
    """One picture that training would read.

    Args:
        path: Where it is; a name where it is no file.
        part: `"train"`, `"val"`, or empty where the set is not split.
        label: The name of its class.
    """

    path: str
    part: str
    label: str


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something to say of the set as a whole.

    Args:
        level: `"refuse"`, `"warning"` or `"note"`.
        kind: One word for programs.
        message: One sentence, and what to do.
        names: The files or classes it is about.
    """

    level: str
    kind: str
    message: str
    names: tuple[str, ...] = ()


@dataclasses.dataclass
class Listing:
    """What lies in a data folder.

    Args:
        entries: The pictures that training would read, in its order.
        class_names: In label order.
        findings: What to say of the folder.
    """

    entries: list[Entry] = dataclasses.field(default_factory=list)
    class_names: list[str] = dataclasses.field(default_factory=list)
    findings: list[Finding] = dataclasses.field(default_factory=list)

    def say(self, level: str, kind: str, message: str, names=()) -> None:
        self.findings.append(Finding(level, kind, message, tuple(names)))


class _Strays(NamedTuple):
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


_STRAY_WORDS = {
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


def list_folder(root: str, *, allow_outside: bool = False) -> Listing:
    """Lists a data folder as training would read it.

    Args:
        root: The folder.
        allow_outside: Whether links may lead out of it.
    """
    listing = Listing()
    strays = _Strays(*([] for _ in _Strays._fields))
    parts = _parts(root, listing)
    found = {}
    for part, place in parts:
        found[part] = _list_classes(place, root, part, listing, strays)
    if allow_outside:
        strays.outside.clear()
    for reason, (level, words) in _STRAY_WORDS.items():
        names = getattr(strays, reason)
        if names:
            count = f"{len(names)} files" if len(names) > 1 else "1 file"
            listing.say(level, reason, f"{count}: {words}.", names)
    _check_classes(found, listing)
    return listing


def _parts(root: str, listing: Listing) -> list[tuple[str, str]]:
    """Returns the parts that training would read, with their folders."""
    parts, chosen = [], set()
    for part, names in (
        (TRAIN, TRAINING_PARTS),
        (VALIDATION, VALIDATION_PARTS),
    ):
        for name in names:
            if os.path.isdir(os.path.join(root, name)):
                parts.append((part, os.path.join(root, name)))
                chosen.add(name)
                break
    if not parts:
        return [(WHOLE, root)]
    others = [
        entry.name
        for entry in _scan(root)
        if entry.is_dir()
        and entry.name not in chosen
        and not entry.name.startswith(".")
    ]
    if others:
        listing.say(
            NOTE,
            "other_parts",
            f"Beside {' and '.join(sorted(chosen))}, not read: "
            f"{', '.join(others)}.",
            others,
        )
    return parts


def _scan(folder) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _list_classes(place, root, part, listing, strays) -> dict[str, int]:
    """Lists one part; returns how many pictures each class has."""
    counts = {}
    for entry in _scan(place):
        if entry.name.startswith("."):
            strays.hidden.append(entry.path)
        elif entry.is_dir():
            if _leads_astray(entry, root, strays, classes=True):
                continue
            before = len(listing.entries)
            _walk(
                entry.path, root, Entry("", part, entry.name), listing, strays
            )
            counts[entry.name] = len(listing.entries) - before
        elif entry.name.lower().endswith(EXTENSIONS):
            strays.beside.append(entry.path)
        else:
            _stray(entry, strays)
    return counts


def _walk(folder, root, example, listing, strays) -> None:
    """Lists one class folder and those in it, as `os.walk` orders them."""
    folders = []
    for entry in _scan(folder):
        if entry.name.startswith("."):
            strays.hidden.append(entry.path)
        elif entry.is_dir():
            if not _leads_astray(entry, root, strays, classes=False):
                folders.append(entry.path)
        elif not entry.name.lower().endswith(EXTENSIONS):
            _stray(entry, strays)
        else:
            if entry.is_symlink() and not _is_good_link(entry, root, strays):
                continue
            if _is_odd(entry.name):
                strays.odd.append(entry.path)
            listing.entries.append(example._replace(path=entry.path))
    for each in folders:
        _walk(each, root, example, listing, strays)


def _leads_astray(entry, root, strays, classes: bool) -> bool:
    """Tells links to folders that are not followed."""
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


def _is_good_link(entry, root, strays) -> bool:
    if not os.path.exists(entry.path):
        strays.dangling.append(entry.path)
        return False
    if not _is_inside(os.path.realpath(entry.path), root):
        strays.outside.append(entry.path)
    return True


def _is_inside(target: str, root: str) -> bool:
    root = os.path.realpath(root)
    return os.path.commonpath([target, root]) == root


def _is_odd(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return not name.isprintable() or name != name.strip()


def _stray(entry, strays) -> None:
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


def _check_classes(found: dict[str, dict[str, int]], listing) -> None:
    first = next(iter(found.values()), {})
    listing.class_names[:] = sorted(first)
    if not listing.entries:
        listing.say(
            REFUSE,
            "no_pictures",
            "No pictures. Expected one sub-folder of pictures "
            f"({', '.join(EXTENSIONS)}) for each class.",
        )
        return
    if len(first) < 2:
        listing.say(
            REFUSE,
            "one_class",
            f"One class only, {', '.join(first)}. Expected at least two "
            "sub-folders.",
            first,
        )
    empty = sorted(name for name, count in first.items() if not count)
    if empty:
        listing.say(
            REFUSE,
            "empty_class",
            f"Classes without a picture: {', '.join(empty)}. Add some or "
            "remove the folders.",
            empty,
        )
    _check_lonely(found, first, listing)
    _check_parts(found, first, listing)
    _check_spelling(first, listing)


def _check_lonely(found, first, listing) -> None:
    lonely = sorted(name for name, count in first.items() if count == 1)
    if lonely:
        # Of one picture none can be held out.
        level = WARNING if VALIDATION in found else REFUSE
        listing.say(
            level,
            "one_picture",
            f"Classes of one picture: {', '.join(lonely)}. Add some, or "
            "remove the classes.",
            lonely,
        )


def _check_parts(found, first, listing) -> None:
    if VALIDATION not in found or TRAIN not in found:
        return
    held_out = found[VALIDATION]
    unknown = sorted(set(held_out) - set(first))
    if unknown:
        listing.say(
            REFUSE,
            "unknown_class",
            f"Classes of the validation part that the training part lacks: "
            f"{', '.join(unknown)}. Rename or remove them.",
            unknown,
        )
    missing = sorted(name for name in first if not held_out.get(name))
    if missing:
        listing.say(
            WARNING,
            "not_judged",
            f"Classes without a picture in the validation part: "
            f"{', '.join(missing)}.",
            missing,
        )


def _check_spelling(first, listing) -> None:
    spelt = {}
    for name in first:
        spelt.setdefault(name.strip().casefold(), []).append(name)
    for names in spelt.values():
        if len(names) > 1 or names[0] != names[0].strip():
            listing.say(
                WARNING,
                "spelling",
                "Classes that differ in capitals or spaces only: "
                f"{', '.join(map(repr, names))}.",
                names,
            )
