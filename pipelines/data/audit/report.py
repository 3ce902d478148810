"""What an audit found, as a page for people and as JSON for programs."""

import base64
import datetime
import io
import json
import math
import pathlib

import jinja2
import PIL
import tensorflow as tf
from PIL import Image
from PIL import ImageOps

from pipelines.data.audit.auditing import Audit
from pipelines.data.audit.findings import kind_of
from pipelines.data.audit.kinds import KINDS
from pipelines.data.audit.kinds import NOTE
from pipelines.data.audit.kinds import OK
from pipelines.data.audit.kinds import REFUSE
from pipelines.data.audit.statistics import histogram
from zoo.weights.files import write_atomically

PAGE = "report.html"
TABLE = "report.json"
_TEMPLATE = pathlib.Path(__file__).with_name("report.html.jinja")
_THUMBNAIL = 160
_SHOWN = {"files": 100, "groups": 24, "suspects": 24, "outliers": 12}
_NEIGHBOURS = 4
_PARTS = {"": "all", "train": "training", "val": "validation"}


def write_report(audit: Audit, folder) -> pathlib.Path:
    """Writes `report.html` and `report.json`, each whole or not at all.

    The page needs nothing but itself: styles and thumbnails are inside, and
    it runs no script.

    Args:
        audit: What was found.
        folder: Where to, a folder that exists.

    Returns:
        Where the page is.
    """
    folder = pathlib.Path(folder)
    table = json.dumps(as_table(audit), indent=1)
    write_atomically(folder / TABLE, table.encode())
    write_atomically(folder / PAGE, as_page(audit).encode())
    return folder / PAGE


def as_table(audit: Audit) -> dict:
    """Returns what was found as plain values that JSON can hold."""
    entries = audit.listing.entries
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
        "files": [
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
        ],
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
        **_opinions_table(audit),
    }


def _opinions_table(audit: Audit) -> dict:
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


def as_page(audit: Audit) -> str:
    """Returns the page."""
    # Everything that comes from a data set is escaped.
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = _shown
    environment.filters["count"] = "{:,}".format
    template = environment.from_string(_TEMPLATE.read_text())
    return template.render(_context(audit))


def _shown(name: str) -> str:
    """Writes a name so that a page can hold it, whatever its bytes."""
    valid = name.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in valid)


def _context(audit: Audit) -> dict:
    album = _Album(audit)
    levels = audit.statistics["levels"]
    return {
        "title": pathlib.Path(audit.data).name or audit.data,
        "data": audit.data,
        "when": f"{datetime.datetime.now():%d %B %Y, %H:%M}",
        "passed": audit.passed,
        "refused": levels.get(REFUSE, 0),
        "noted": levels.get(NOTE, 0),
        "statistics": audit.statistics,
        "megabytes": audit.statistics["bytes"] / 1e6,
        "findings": audit.findings,
        "problems": _by_kind(audit, album, "problem"),
        "notes": _by_kind(audit, album, "notes"),
        "groups": _groups(audit, album),
        "group_count": len(audit.exact) + len(audit.near),
        "suspects": _suspects(audit, album),
        "suspect_count": len(audit.opinions.suspects),
        "outliers": _outliers(audit, album),
        "outlier_count": len(audit.opinions.outliers),
        "balance": _balance(audit),
        "charts": _charts(audit),
        "options": audit.options,
        "accuracy": audit.opinions.accuracy,
        "seconds": audit.seconds,
        "known": audit.known,
        "frozen": audit.frozen,
        "versions": f"Pillow {PIL.__version__}, TensorFlow {tf.__version__}",
    }


class _Album:
    """Cards of pictures: a thumbnail, a name, where it belongs."""

    def __init__(self, audit: Audit):
        self._audit = audit
        self._root = audit.data.rstrip("/") + "/"
        self._made = {}

    def name(self, place: int) -> str:
        path = self._audit.listing.entries[place].path
        return path.removeprefix(self._root)

    def card(self, place: int, **more) -> dict:
        entry, seen = (
            self._audit.listing.entries[place],
            self._audit.seen[place],
        )
        return {
            "name": self.name(place),
            "label": entry.label,
            "part": _PARTS[entry.part],
            "size": f"{seen.look.width}×{seen.look.height}"
            if seen.look.width
            else "",
            "image": self._thumbnail(place),
            **more,
        }

    def _thumbnail(self, place: int) -> str:
        """Returns a data URI; empty for a file that must not be decoded."""
        if place not in self._made:
            refused = self._audit.seen[place].level == REFUSE
            self._made[place] = "" if refused else self._make(place)
        return self._made[place]

    def _make(self, place: int) -> str:
        encoded = self._audit.encoded([place])[0]
        with Image.open(io.BytesIO(encoded)) as picture:
            picture.draft("RGB", (2 * _THUMBNAIL, 2 * _THUMBNAIL))
            thumbnail = picture.convert("RGB")
        thumbnail = ImageOps.contain(thumbnail, (_THUMBNAIL, _THUMBNAIL))
        file = io.BytesIO()
        thumbnail.save(file, "JPEG", quality=72, optimize=True)
        text = base64.b64encode(file.getvalue()).decode("ascii")
        return f"data:image/jpeg;base64,{text}"


def _by_kind(audit: Audit, album: _Album, which: str) -> list[dict]:
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
            "cards": [album.card(i) for i in places[:6]]
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


def _groups(audit: Audit, album: _Album) -> list[dict]:
    """Returns equal and similar pictures, the worst first."""
    entries = audit.listing.entries
    groups = [
        (kind_of(entries, places), "byte for byte", places)
        for places in audit.exact
    ]
    for pair in audit.near:
        places = [pair.first, pair.second]
        turn = f", {pair.turn}" if pair.turn else ""
        how = f"{pair.distance} of 64 bits differ{turn}"
        groups.append((kind_of(entries, places), how, places))
    groups.sort(key=lambda group: _WORST_FIRST.index(group[0]))
    return [
        {
            "kind": kind,
            "words": _KIND_WORDS[kind],
            "how": how,
            "cards": [album.card(i) for i in places[:6]],
            "more": max(0, len(places) - 6),
        }
        for kind, how, places in groups[: _SHOWN["groups"]]
    ]


def _suspects(audit: Audit, album: _Album) -> list[dict]:
    names = audit.listing.class_names
    return [
        album.card(
            each.place,
            suggested=names[each.suggested],
            given=each.given_probability,
            other=each.suggested_probability,
            agreeing=each.agreeing,
            near=[album.card(i) for i in each.neighbours[:_NEIGHBOURS]],
        )
        for each in audit.opinions.suspects[: _SHOWN["suspects"]]
    ]


def _outliers(audit: Audit, album: _Album) -> list[dict]:
    return [
        album.card(each.place, score=each.score)
        for each in audit.opinions.outliers[: _SHOWN["outliers"]]
    ]


def _balance(audit: Audit) -> dict:
    classes = audit.statistics["classes"]
    parts = sorted({part for by in classes.values() for part in by})
    highest = max(
        (n for by in classes.values() for n in by.values()), default=1
    )
    return {
        "parts": [_PARTS[part] for part in parts],
        "rows": [
            {
                "name": name,
                "bars": [
                    {
                        "part": _PARTS[part],
                        "count": by[part],
                        "width": 100 * by[part] / max(highest, 1),
                    }
                    for part in parts
                ],
            }
            for name, by in classes.items()
        ][: _SHOWN["files"]],
        "more": max(0, len(classes) - _SHOWN["files"]),
    }


def _charts(audit: Audit) -> list[dict]:
    """Returns drawn distributions of sizes and shapes."""
    looks = [seen.look for seen in audit.seen]
    sized = [k for k in looks if k.width and k.height and not k.problem]
    if not sized:
        return []
    return [
        _chart(
            "Shorter side", [min(k.width, k.height) for k in sized], "{:.0f} px"
        ),
        _chart("Width / height", [k.width / k.height for k in sized], "{:.2f}"),
        _chart("File size", [k.size / 1000 for k in sized], "{:.0f} kB"),
    ]


def _chart(title: str, values, words: str) -> dict:
    bars = histogram(values)
    highest = max(count for _, count in bars)
    return {
        "title": title,
        "low": words.format(min(values)),
        "middle": words.format(sorted(values)[len(values) // 2]),
        "high": words.format(max(values)),
        "bars": [
            {
                # A root, so that a few strange ones can be seen.
                "height": 100 * math.sqrt(count / highest),
                "words": f"{words.format(value)}: {count:,}",
            }
            for value, count in bars
        ],
    }
