"""The pictures of a data folder as training reads them, and what it does not.

The walk is training's own (`pipelines.data.sources.scan`). Its reasons for
passing over a path become findings: loops of links, hidden files, what lies
beside the classes.
"""

import os
import pathlib

from pipelines.audit.class_checks import check_classes
from pipelines.audit.listing import WARNING
from pipelines.audit.listing import ListedPicture
from pipelines.audit.listing import Listing
from pipelines.audit.skipped import skipped_findings
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.appearances import check_appearance
from pipelines.data.sources.folder import class_folders
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import WHOLE
from pipelines.data.sources.layout import find_parts
from pipelines.data.sources.layout import other_parts
from pipelines.data.sources.scan import Scan
from pipelines.data.sources.scan import Skipped
from pipelines.data.sources.unread import Unread
from pipelines.data.sources.unread import unread_words
from zoo.errors import DataError


def list_folder(root: str, *, allow_outside_links: bool = False) -> Listing:
    """Lists a data folder as training reads it.

    Where training would stop, at a link that leads out or to nothing, the
    walk goes on and a finding says so.

    Args:
        root: The folder.
        allow_outside_links: Whether links may lead out of it.
    """
    home = pathlib.Path(root)
    listing = Listing()
    skipped: list[Skipped] = []
    left: list[str] = []
    counts: dict[str, dict[str, int]] = {}
    parts = _parts(home, listing)
    for part, place in parts.items():
        unread = Unread(place, skipped.append)
        scan = Scan(str(place), str(home), allow_outside_links, unread)
        learned = counts.get(TRAIN)
        folders = _classes(place, home, scan.classes(), learned, listing)
        counts[part] = {}
        for name in sorted(folders):
            before = len(listing.pictures)
            listing.pictures += (
                ListedPicture(path, part, name)
                for path in scan.pictures(str(place / folders[name]))
            )
            counts[part][name] = len(listing.pictures) - before
        left += unread.paths
    skipped += other_parts(home, parts.values())
    listing.findings += skipped_findings(skipped)
    if left:
        words = unread_words(left, len(listing.pictures))
        listing.say(WARNING, "left_out", f"{words}.", left)
    _name_odd(listing)
    check_classes(counts, listing)
    return listing


def _parts(home: pathlib.Path, listing: Listing) -> dict[str, pathlib.Path]:
    try:
        return find_parts(home)
    except DataError as error:
        listing.say(REFUSE, "layout", str(error))
        return {WHOLE: home}


def _classes(place, home, found, learned, listing) -> dict[str, str]:
    """Returns the class folders by the names of the classes."""
    try:
        if learned is None:
            check_appearance(place, found, whole=place == home)
        return class_folders(place, found, learned)
    except DataError as error:
        listing.say(REFUSE, "layout", str(error))
        return {name: name for name in found}


def _name_odd(listing: Listing) -> None:
    odd = [each.path for each in listing.pictures if _is_odd(each.path)]
    if odd:
        count = f"{len(odd)} files" if len(odd) > 1 else "1 file"
        listing.say(
            NOTE,
            "odd",
            f"{count}: an odd name (a control character, not UTF-8, a space "
            "at an end): it is read, other tools may stumble.",
            odd,
        )


def _is_odd(path: str) -> bool:
    """Whether a file's name may break other tools."""
    name = os.path.basename(path)
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return not name.isprintable() or name != name.strip()
