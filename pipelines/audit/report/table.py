"""What an audit found, as plain values that JSON can hold."""

import dataclasses

from pipelines.audit.auditing import Audit
from pipelines.audit.findings import kind_of
from pipelines.data.inspection.kinds import OK


def as_table(audit: Audit) -> dict:
    """Returns what was found as plain values that JSON can hold."""
    return {
        "data": audit.data,
        "passed": audit.passed,
        "decoded": not audit.options.fast,
        "limits": audit.options.limits._asdict(),
        "seconds": round(audit.seconds, 2),
        "looked_at_before": audit.known,
        "manifest_pictures": audit.frozen,
        "classes": audit.listing.class_names,
        "statistics": audit.statistics,
        "findings": [vars(finding) for finding in audit.findings],
        "files": _files(audit),
        **_duplicates(audit),
        **_label_check(audit),
    }


def _files(audit: Audit) -> list[dict]:
    pictures = audit.listing.pictures
    return [
        {
            "path": picture.path,
            "part": picture.part,
            "class": picture.label,
            "level": seen.level,
            "problem": seen.look.problem,
            "detail": seen.look.detail,
            "notes": seen.look.notes,
        }
        for picture, seen in zip(pictures, audit.seen, strict=True)
        if seen.level != OK
    ]


def _duplicates(audit: Audit) -> dict:
    pictures = audit.listing.pictures
    return {
        "exact_duplicates": [
            {
                "kind": kind_of(pictures, places),
                "paths": [pictures[i].path for i in places],
            }
            for places in audit.exact
        ],
        "near_duplicates": [
            {
                "kind": kind_of(pictures, (pair.first, pair.second)),
                "paths": [
                    pictures[pair.first].path,
                    pictures[pair.second].path,
                ],
                "differing_bits": pair.distance,
                "turn": pair.turn,
            }
            for pair in audit.near
        ],
    }


def _label_check(audit: Audit) -> dict:
    pictures, names = audit.listing.pictures, audit.listing.class_names
    check = audit.label_check
    source = dataclasses.asdict(check.source) if check.source else {}
    return {
        "features": {**source, "held_out_accuracy": check.accuracy},
        "wrong_labels_expected": round(check.expected, 2),
        "suspect_labels": [
            {
                "path": pictures[each.place].path,
                "class": pictures[each.place].label,
                "suggested": names[each.suggested],
                "wrong": round(each.wrong, 4),
                "agreeing_neighbours": each.agreeing,
            }
            for each in check.suspects
        ],
        "outliers": [
            {
                "path": pictures[each.place].path,
                "score": round(each.score, 2),
            }
            for each in check.outliers
        ],
    }
