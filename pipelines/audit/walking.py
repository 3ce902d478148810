"""Everything that lies in a data folder, also what training passes over.

Training reads `root/<class>/**` or `root/<part>/<class>/**`
(`pipelines.data.sources.folder`). Here the same files are found, and beside
them whatever a person would want to know of: loops of links, hidden files,
names that break tools, empty classes.
"""

import os

from pipelines.audit.class_checks import check_classes
from pipelines.audit.listing import TRAIN
from pipelines.audit.listing import VALIDATION
from pipelines.audit.listing import WHOLE
from pipelines.audit.listing import Entry
from pipelines.audit.listing import Listing
from pipelines.audit.strays import WORDS
from pipelines.audit.strays import Strays
from pipelines.audit.strays import is_good_link
from pipelines.audit.strays import is_odd
from pipelines.audit.strays import leads_astray
from pipelines.audit.strays import sort_out
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.sources.folder import TRAINING_PARTS
from pipelines.data.sources.folder import VALIDATION_PARTS
from pipelines.data.sources.scan import EXTENSIONS


def list_folder(root: str, *, allow_outside: bool = False) -> Listing:
    """Lists a data folder as training would read it.

    Args:
        root: The folder.
        allow_outside: Whether links may lead out of it.
    """
    listing = Listing()
    strays = Strays(*([] for _ in Strays._fields))
    parts = _parts(root, listing)
    found = {}
    for part, place in parts:
        found[part] = _list_classes(place, root, part, listing, strays)
    if allow_outside:
        strays.outside.clear()
    for reason, (level, words) in WORDS.items():
        names = getattr(strays, reason)
        if names:
            count = f"{len(names)} files" if len(names) > 1 else "1 file"
            listing.say(level, reason, f"{count}: {words}.", names)
    check_classes(found, listing)
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
            if leads_astray(entry, root, strays, classes=True):
                continue
            before = len(listing.entries)
            _walk(
                entry.path, root, Entry("", part, entry.name), listing, strays
            )
            counts[entry.name] = len(listing.entries) - before
        elif entry.name.lower().endswith(EXTENSIONS):
            strays.beside.append(entry.path)
        else:
            sort_out(entry, strays)
    return counts


def _walk(folder, root, example, listing, strays) -> None:
    """Lists one class folder and those in it, as `os.walk` orders them."""
    folders = []
    for entry in _scan(folder):
        if entry.name.startswith("."):
            strays.hidden.append(entry.path)
        elif entry.is_dir():
            if not leads_astray(entry, root, strays, classes=False):
                folders.append(entry.path)
        elif not entry.name.lower().endswith(EXTENSIONS):
            sort_out(entry, strays)
        else:
            if entry.is_symlink() and not is_good_link(entry, root, strays):
                continue
            if is_odd(entry.name):
                strays.odd.append(entry.path)
            listing.entries.append(example._replace(path=entry.path))
    for each in folders:
        _walk(each, root, example, listing, strays)
