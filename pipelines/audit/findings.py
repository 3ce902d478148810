"""What a data set's duplicates mean, in sentences."""

import collections
from collections.abc import Sequence

from pipelines.audit.listing import WARNING
from pipelines.audit.listing import DataFinding
from pipelines.audit.listing import ListedPicture
from pipelines.audit.one_file import Seen
from pipelines.data.copies.duplicates import Pair
from pipelines.data.copies.meaning import CONFLICT
from pipelines.data.copies.meaning import COPY
from pipelines.data.copies.meaning import LEAK
from pipelines.data.copies.meaning import WORDS
from pipelines.data.copies.meaning import meaning_of
from pipelines.data.copies.meaning import places_by_meaning
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.layout import WHOLE

# A format of at most this part of the pictures is worth a look.
RARE = 0.01

_LEVELS = {CONFLICT: REFUSE, LEAK: WARNING, COPY: NOTE}
_NEAR = {
    CONFLICT: (
        WARNING,
        "look the same under different labels. Look which is right",
    ),
    LEAK: (
        WARNING,
        "look the same in the training and in the validation part: the "
        "validation figure may be too good. Look whether to remove one",
    ),
    COPY: (NOTE, "look the same. Look whether to keep both"),
}


def kind_of(pictures: Sequence[ListedPicture], places) -> str:
    """Returns what equal pictures mean, as `copies.meaning` names it."""
    labels, parts = _told([pictures[i] for i in places])
    return meaning_of(labels, parts, range(len(labels)))


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
    labels, parts = _told(pictures)
    pairs = [(pair.first, pair.second) for pair in near]
    found = []
    for kind, places in places_by_meaning(labels, parts, exact).items():
        level, words = _LEVELS[kind], WORDS[kind]
        found.append(_finding(kind, level, words, places, pictures))
    for kind, places in places_by_meaning(labels, parts, pairs).items():
        level, words = _NEAR[kind]
        found.append(_finding(f"near_{kind}", level, words, places, pictures))
    return found


def _told(pictures: Sequence[ListedPicture]) -> tuple[list[str], list[str]]:
    """The labels and the parts of pictures."""
    return [each.label for each in pictures], [each.part for each in pictures]


def _finding(kind: str, level: str, words: str, places, pictures):
    if kind.endswith(COPY) and pictures[places[0]].part == WHOLE:
        words += (
            "; where a part is held out for validation, they may lie on both "
            "sides"
        )
    return DataFinding(
        level,
        kind,
        f"{len(places)} pictures {words}.",
        tuple(pictures[i].path for i in places),
    )
