"""What is wrong with labels, as a list to correct that `data` takes.

`corrections.csv` lists every picture that can be trained on, where it is, with
the label and the part that it has, and beside doubted ones what is suggested
and how likely the label is wrong. Nothing is corrected by itself: who agrees
writes the suggested label into the column `label`, or chooses on the page,
whose button writes the same list. No picture is moved for it.
"""

import dataclasses
import io
import os
import pathlib

from pipelines.audit.auditing import Audit
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.layout import WHOLE
from pipelines.data.sources.manifest import write_class_names
from zoo.plain_csv import table_writer
from zoo.weights.atomic import write_atomically

CORRECTIONS = "corrections.csv"
# A page that lists more pictures is slow to open.
_LISTED = 100_000


def listed(audit: Audit) -> list[int]:
    """Returns the places of the pictures that a list of corrections has."""
    return [i for i, each in enumerate(audit.seen) if each.level != REFUSE]


@dataclasses.dataclass(frozen=True)
class Corrections:
    """The list that lies beside a report.

    Args:
        path: Where it is; None where there is none.
        is_old: Whether it is from before, and does not say what was found.
    """

    path: pathlib.Path | None = None
    is_old: bool = False


def write_corrections(audit: Audit, folder) -> Corrections:
    """Writes `corrections.csv`, never over one that is there.

    None is written where no label is doubted, or the pictures are no files.

    Args:
        audit: What was found.
        folder: Where to, a folder that exists.
    """
    path = pathlib.Path(folder) / CORRECTIONS
    is_there = path.exists()
    doubted = audit.label_check.suspects and audit.files
    if not doubted and not is_there:
        return Corrections()
    found = _as_file(audit)
    # Somebody may have corrected it since an earlier audit.
    if is_there:
        return Corrections(path, is_old=path.read_bytes() != found)
    names = audit.listing.class_names
    if not _speaks_for_itself(names):
        write_class_names(path, names)
    write_atomically(path, found)
    return Corrections(path)


def _as_file(audit: Audit) -> bytes:
    suspects = {each.place: each for each in audit.label_check.suspects}
    names = audit.listing.class_names
    file = io.StringIO(newline="")
    writer = table_writer(file)
    writer.writerow((*_header(audit), "suggested", "wrong"))
    for place in listed(audit):
        more = ("", "")
        if doubt := suspects.get(place):
            more = (names[doubt.suggested], f"{doubt.wrong:.3f}")
        writer.writerow((*_row(audit, place), *more))
    return file.getvalue().encode("utf-8", "surrogateescape")


def for_page(audit: Audit) -> dict | None:
    """Returns what the page's script needs to write the list.

    Returns:
        None where there is nothing to correct, or too much for a page, or
        what only the file says: names that are no text, class names that a
        list alone would not give.
    """
    places = listed(audit)
    paths = [os.path.abspath(audit.listing.pictures[i].path) for i in places]
    names = audit.listing.class_names
    if (
        not audit.files
        or not audit.label_check.suspects
        or len(places) > _LISTED
        or not _speaks_for_itself(names)
        or not all(map(_is_text, paths))
    ):
        return None
    root = os.path.join(os.path.commonpath(paths), "")
    numbers = {name: label for label, name in enumerate(names)}
    pictures = [audit.listing.pictures[i] for i in places]
    return {
        "root": root,
        "header": _header(audit),
        "classes": names,
        "rows": [
            (path.removeprefix(root), numbers[each.label], *_part(audit, each))
            for path, each in zip(paths, pictures, strict=True)
        ],
    }


def _header(audit: Audit) -> tuple[str, ...]:
    return ("path", "label", *(["split"] if _is_split(audit) else []))


def _row(audit: Audit, place: int) -> tuple[str, ...]:
    picture = audit.listing.pictures[place]
    path = os.path.abspath(picture.path)
    return (path, picture.label, *_part(audit, picture))


def _part(audit: Audit, picture) -> tuple[str, ...]:
    return (picture.part,) if _is_split(audit) else ()


def _is_split(audit: Audit) -> bool:
    return any(each.part != WHOLE for each in audit.listing.pictures)


def _speaks_for_itself(names: list[str]) -> bool:
    """Whether a list of labels alone gives these classes, in this order."""
    return names == sorted(names) and not all(map(str.isdigit, names))


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
