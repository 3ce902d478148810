"""What an audit found, as plain values that JSON can hold."""

from pipelines.audit.audit import Audit
from pipelines.audit.findings import kind_of
from pipelines.data.inspection.kinds import OK


def as_table(audit: Audit) -> dict:
    """Returns what was found as plain values that JSON can hold."""
    return {
        "data": audit.data,
        "passed": audit.passed,
        "decoded": audit.options.decode,
        "limits": audit.options.limits._asdict(),
        "seconds": round(audit.seconds, 2),
        "looked_at_before": audit.known,
        "manifest_pictures": audit.frozen,
        "classes": audit.listing.class_names,
        "statistics": audit.statistics,
        "findings": [vars(finding) for finding in audit.findings],
        "files": _files(audit),
        **_duplicates(audit),
        **_opinions(audit),
    }


def _files(audit: Audit) -> list[dict]:
    entries = audit.listing.entries
    return [
        {
            "path": entry.path,
            "part": entry.part,
            "class": entry.label,
            "level": seen.level,
            "problem": seen.look.problem,
            "detail": seen.look.detail,
            "notes": seen.look.notes,
        }
        for entry, seen in zip(entries, audit.seen, strict=True)
        if seen.level != OK
    ]


def _duplicates(audit: Audit) -> dict:
    entries = audit.listing.entries
    return {
        "exact_duplicates": [
            {
                "kind": kind_of(entries, places),
                "paths": [entries[i].path for i in places],
            }
            for places in audit.exact
        ],
        "near_duplicates": [
            {
                "kind": kind_of(entries, (pair.first, pair.second)),
                "paths": [entries[pair.first].path, entries[pair.second].path],
                "differing_bits": pair.distance,
                "turn": pair.turn,
            }
            for pair in audit.near
        ],
    }


def _opinions(audit: Audit) -> dict:
    entries, names = audit.listing.entries, audit.listing.class_names
    return {
        "features": {
            "model": audit.options.model,
            "weights": audit.options.weights,
            "held_out_accuracy": audit.opinions.accuracy,
        },
        "suspect_labels": [
            {
                "path": entries[each.place].path,
                "class": entries[each.place].label,
                "suggested": names[each.suggested],
                "probability": round(each.given_probability, 4),
                "suggested_probability": round(each.suggested_probability, 4),
                "agreeing_neighbours": each.agreeing,
            }
            for each in audit.opinions.suspects
        ],
        "outliers": [
            {
                "path": entries[each.place].path,
                "score": round(each.score, 2),
            }
            for each in audit.opinions.outliers
        ],
    }
