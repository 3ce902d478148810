"""What an audit's page shows of pictures and files, the worst first."""

from pipelines.audit.auditing import Audit
from pipelines.audit.findings import kind_of
from pipelines.audit.report.album import Album
from pipelines.audit.report.corrections import listed
from pipelines.data.inspection.kinds import KINDS

_SHOWN = {"files": 100, "groups": 24, "suspects": 60, "outliers": 12}
_NEIGHBOURS = 4
_CARDS = 6


def by_kind(audit: Audit, album: Album, which: str) -> list[dict]:
    """Groups files by what is wrong with them, in the order of the table."""
    found = {key: [] for key in KINDS}
    for place, seen in enumerate(audit.seen):
        value = getattr(seen.look, which)
        for key in (value,) if isinstance(value, str) else value:
            if key:
                found[key].append(place)
    limit = _SHOWN["files"]
    return [
        {
            "title": KINDS[key].title,
            "remedy": KINDS[key].remedy,
            "count": len(places),
            "files": [
                {
                    "name": album.name(i),
                    "detail": audit.seen[i].look.detail,
                }
                for i in places[:limit]
            ],
            "cards": [album.card(i) for i in places[:_CARDS]]
            if which == "notes"
            else [],
            "more": max(0, len(places) - limit),
        }
        for key, places in found.items()
        if places
    ]


_WORST_FIRST = ("conflict", "leak", "copy")
_KIND_WORDS = {
    "conflict": "different labels",
    "leak": "training and validation",
    "copy": "same class and part",
}


def groups(audit: Audit, album: Album) -> list[dict]:
    """Returns equal and similar pictures, the worst first."""
    pictures = audit.listing.pictures
    groups = [
        (kind_of(pictures, places), "byte for byte", places)
        for places in audit.exact
    ]
    for pair in audit.near:
        places = [pair.first, pair.second]
        turn = f", {pair.turn}" if pair.turn else ""
        how = f"{pair.distance} of 64 bits differ{turn}"
        groups.append((kind_of(pictures, places), how, places))
    groups.sort(key=lambda group: _WORST_FIRST.index(group[0]))
    return [
        {
            "kind": kind,
            "words": _KIND_WORDS[kind],
            "how": how,
            "cards": [album.card(i) for i in places[:_CARDS]],
            "more": max(0, len(places) - _CARDS),
        }
        for kind, how, places in groups[: _SHOWN["groups"]]
    ]


def suspects(audit: Audit, album: Album) -> list[dict]:
    names = audit.listing.class_names
    rows = {place: row for row, place in enumerate(listed(audit))}
    return [
        album.card(
            each.place,
            row=rows[each.place],
            number=each.suggested,
            suggested=names[each.suggested],
            wrong=each.wrong,
            agreeing=each.agreeing,
            near=[album.card(i) for i in each.neighbours[:_NEIGHBOURS]],
        )
        for each in audit.label_check.suspects[: _SHOWN["suspects"]]
    ]


def outliers(audit: Audit, album: Album) -> list[dict]:
    return [
        album.card(each.place, score=each.score)
        for each in audit.label_check.outliers[: _SHOWN["outliers"]]
    ]
