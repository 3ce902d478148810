"""What training passes over in a data folder: how bad it is, and what helps."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from pipelines.audit.listing import WARNING
from pipelines.audit.listing import DataFinding
from pipelines.data.inspection import headers
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.scan import Reason
from pipelines.data.sources.scan import Skipped


class _Row(NamedTuple):
    """How a finding speaks of some paths.

    Args:
        kind: One word for programs.
        level: How bad it is.
        words: What is said of them, and what to do.
        reasons: Why such paths are passed over.
    """

    kind: str
    level: str
    words: str
    reasons: tuple[Reason, ...]


_ROWS = (
    _Row(
        "hidden",
        NOTE,
        "hidden or a system's own: passed over",
        (Reason.HIDDEN, Reason.SYSTEM),
    ),
    _Row(
        "unread",
        NOTE,
        "not named as a picture: passed over",
        (Reason.NOT_NAMED,),
    ),
    # Its reason is the same; what is inside tells them apart.
    _Row(
        "pictures",
        WARNING,
        "a picture by content but not by name: passed over. Name it .jpg, "
        ".png, .gif, .bmp, .webp or .tif",
        (),
    ),
    _Row(
        "irregular",
        WARNING,
        "a pipe, a device or another file that is not regular: passed over",
        (Reason.NOT_REGULAR,),
    ),
    _Row(
        "beside",
        WARNING,
        "beside the class folders and of no class: passed over. Move it into "
        "one",
        (Reason.BESIDE,),
    ),
    _Row(
        "loops",
        WARNING,
        "a link to a folder that it lies in: not followed, so that every "
        "picture counts once. Remove it",
        (Reason.LOOP,),
    ),
    _Row(
        "links",
        NOTE,
        "a link to what is read in its own place: not followed, so that every "
        "picture counts once",
        (Reason.READ_THERE, Reason.READ_ALREADY),
    ),
    _Row(
        "outside",
        REFUSE,
        "a link out of the data folder. Copy the file, or give "
        "`allow_outside_links`",
        (Reason.OUTSIDE,),
    ),
    _Row("dangling", REFUSE, "a link to nothing. Remove it", (Reason.MISSING,)),
    _Row(
        "dead_links",
        WARNING,
        "a link to nothing, not named as a picture: passed over. Remove it",
        (Reason.DANGLING,),
    ),
    _Row(
        "deep",
        REFUSE,
        "a folder too deep in its class. Take it out",
        (Reason.TOO_DEEP,),
    ),
    _Row(
        "unreadable",
        REFUSE,
        "a folder that cannot be listed. Check its rights",
        (Reason.UNREADABLE,),
    ),
)
_KINDS = {reason: row.kind for row in _ROWS for reason in row.reasons}


def skipped_findings(skipped: Sequence[Skipped]) -> list[DataFinding]:
    """Says what is not read of a data folder, and how bad that is.

    Args:
        skipped: What the walk reported.
    """
    paths: dict[str, list[str]] = {row.kind: [] for row in _ROWS}
    parts = []
    for each in skipped:
        if each.reason is Reason.OTHER_PART:
            parts.append(os.path.basename(each.path))
        else:
            paths[_kind_of(each)].append(each.path)
    found = []
    if parts:
        message = f"Beside the parts, not read: {', '.join(parts)}."
        found.append(DataFinding(NOTE, "other_parts", message, tuple(parts)))
    for row in _ROWS:
        names = tuple(paths[row.kind])
        if names:
            count = f"{len(names)} files" if len(names) > 1 else "1 file"
            message = f"{count}: {row.words}."
            found.append(DataFinding(row.level, row.kind, message, names))
    return found


def _kind_of(skipped: Skipped) -> str:
    if skipped.reason is Reason.NOT_NAMED and _is_picture(skipped.path):
        return "pictures"
    return _KINDS[skipped.reason]


def _is_picture(path: str) -> bool:
    """Whether a file's first bytes are those of a picture."""
    try:
        with open(path, "rb") as file:
            headers.sniff(file.read(64))
    except (OSError, headers.Refused):
        return False
    return True
