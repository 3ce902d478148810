"""What a data set's duplicates mean, in sentences."""

import collections
from collections.abc import Sequence

from pipelines.audit.duplicates import Pair
from pipelines.audit.listing import WARNING
from pipelines.audit.listing import WHOLE
from pipelines.audit.listing import Entry
from pipelines.audit.listing import Finding
from pipelines.audit.looking import Seen
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE

# A format of at most this part of the pictures is worth a look.
RARE = 0.01

# By whether copies are under two labels, and in two parts.
_EXACT = {
    "conflict": (
        REFUSE,
        "are there twice under different labels. Keep the right one",
    ),
    "leak": (
        WARNING,
        "are in the training and in the validation part: the validation "
        "figure is too good. Remove one",
    ),
    "copy": (NOTE, "are there more than once. Keep one"),
}
_NEAR = {
    "near_conflict": (
        WARNING,
        "look the same under different labels. Look which is right",
    ),
    "near_leak": (
        WARNING,
        "look the same in the training and in the validation part: the "
        "validation figure may be too good. Look whether to remove one",
    ),
    "near_copy": (NOTE, "look the same. Look whether to keep both"),
}


def kind_of(entries: Sequence[Entry], places) -> str:
    """Returns `"conflict"`, `"leak"` or `"copy"` for equal pictures."""
    if len({entries[i].label for i in places}) > 1:
        return "conflict"
    if len({entries[i].part for i in places}) > 1:
        return "leak"
    return "copy"


def format_findings(
    entries: Sequence[Entry], seen: Sequence[Seen]
) -> list[Finding]:
    """Names the few pictures that are of another format than most.

    They are often placeholders of a web site, screenshots or drawings.

    Args:
        entries: All pictures.
        seen: What is known of each.
    """
    found = collections.defaultdict(list)
    for entry, each in zip(entries, seen, strict=True):
        if each.look.format and not each.look.problem:
            found[each.look.format].append(entry.path)
    if not found:
        return []
    usual = max(found, key=lambda kind: len(found[kind]))
    return [
        Finding(
            NOTE,
            "rare_format",
            f"{len(paths)} of {len(entries)} pictures "
            f"{'is a' if len(paths) == 1 else 'are'} {kind}, most are {usual}. "
            "Look whether that belongs here.",
            tuple(paths),
        )
        for kind, paths in found.items()
        if len(paths) <= RARE * len(entries)
    ]


def duplicate_findings(
    entries: Sequence[Entry], exact: list[list[int]], near: list[Pair]
) -> list[Finding]:
    """Says what equal pictures mean, the worst first.

    Args:
        entries: All pictures.
        exact: Groups of places of equal bytes.
        near: Pairs of places that look alike.
    """
    groups = {kind: [] for kind in (*_EXACT, *_NEAR)}
    for places in exact:
        groups[kind_of(entries, places)].append(places)
    for pair in near:
        places = (pair.first, pair.second)
        groups["near_" + kind_of(entries, places)].append(places)
    found = []
    for kind, (level, words) in {**_EXACT, **_NEAR}.items():
        places = sorted({i for group in groups[kind] for i in group})
        if not places:
            continue
        if kind.endswith("copy") and entries[places[0]].part == WHOLE:
            words += (
                "; where a part is held out for validation, they may lie on "
                "both sides"
            )
        message = f"{len(places)} pictures {words}."
        names = tuple(entries[i].path for i in places)
        found.append(Finding(level, kind, message, names))
    return found
