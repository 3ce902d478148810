"""What a data set's duplicates mean, in sentences."""

import collections
from collections.abc import Sequence

from pipelines.audit.listing import WARNING
from pipelines.audit.listing import DataFinding
from pipelines.audit.listing import ListedPicture
from pipelines.audit.one_file import Seen
from pipelines.data.copies.duplicates import Pair
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.layout import WHOLE

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


def kind_of(pictures: Sequence[ListedPicture], places) -> str:
    """Returns `"conflict"`, `"leak"` or `"copy"` for equal pictures."""
    if len({pictures[i].label for i in places}) > 1:
        return "conflict"
    if len({pictures[i].part for i in places}) > 1:
        return "leak"
    return "copy"


def format_findings(
    pictures: Sequence[ListedPicture], seen: Sequence[Seen]
) -> list[DataFinding]:
    """Names the few pictures that are of another format than most.

    They are often placeholders of a web site, screenshots or drawings.

    Args:
        pictures: All pictures.
        seen: What is known of each.
    """
    found = collections.defaultdict(list)
    for picture, each in zip(pictures, seen, strict=True):
        if each.look.format and not each.look.problem:
            found[each.look.format].append(picture.path)
    if not found:
        return []
    usual = max(found, key=lambda kind: len(found[kind]))
    return [
        DataFinding(
            NOTE,
            "rare_format",
            f"{len(paths)} of {len(pictures)} pictures "
            f"{'is a' if len(paths) == 1 else 'are'} {kind}, most are {usual}. "
            "Look whether that belongs here.",
            tuple(paths),
        )
        for kind, paths in found.items()
        if len(paths) <= RARE * len(pictures)
    ]


def duplicate_findings(
    pictures: Sequence[ListedPicture], exact: list[list[int]], near: list[Pair]
) -> list[DataFinding]:
    """Says what equal pictures mean, the worst first.

    Args:
        pictures: All pictures.
        exact: Groups of places of equal bytes.
        near: Pairs of places that look alike.
    """
    groups = {kind: [] for kind in (*_EXACT, *_NEAR)}
    for places in exact:
        groups[kind_of(pictures, places)].append(places)
    for pair in near:
        places = (pair.first, pair.second)
        groups["near_" + kind_of(pictures, places)].append(places)
    found = []
    for kind, (level, words) in {**_EXACT, **_NEAR}.items():
        places = sorted({i for group in groups[kind] for i in group})
        if not places:
            continue
        if kind.endswith("copy") and pictures[places[0]].part == WHOLE:
            words += (
                "; where a part is held out for validation, they may lie on "
                "both sides"
            )
        message = f"{len(places)} pictures {words}."
        names = tuple(pictures[i].path for i in places)
        found.append(DataFinding(level, kind, message, names))
    return found
