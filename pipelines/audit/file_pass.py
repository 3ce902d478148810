"""One pass over all files of a data set, which can be stopped and gone on."""

import functools
from collections.abc import Iterator

from pipelines.audit.looking import Seen
from pipelines.audit.looking import see
from pipelines.audit.opening import Source
from pipelines.audit.processes import Failure
from pipelines.audit.processes import Guard
from pipelines.audit.processes import guarded_map
from pipelines.audit.results import Results
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.classification import Look
from pipelines.data.inspection.kinds import KINDS

_KEPT_EVERY = 256
_FETCHED = 64


def look_at_files(
    source: Source,
    results: Results,
    *,
    decode: bool,
    limits: Limits,
    guard: Guard,
    progress=None,
) -> tuple[list[Seen], int]:
    """Looks at every file that was not seen by an earlier run.

    Args:
        source: The files.
        results: Where it is kept what was seen.
        decode: Whether files are decoded to the last line.
        limits: What one picture may ask for.
        guard: What the worker processes may use.
        progress: Called with the numbers of files done and in all.

    Returns:
        What was seen in each, in order, and how much of it by earlier runs.
    """
    entries = source.listing.entries
    seen = [results.known(entry.path) for entry in entries]
    places = [i for i, each in enumerate(seen) if each is None]
    known = len(entries) - len(places)
    look = functools.partial(see, decode=decode, limits=limits)
    fresh = []
    try:
        answers = guarded_map(look, _things(source, places), guard)
        for done, (number, answer) in enumerate(answers, known + 1):
            place = places[number]
            seen[place] = _as_seen(answer)
            fresh.append((entries[place].path, seen[place]))
            if len(fresh) == _KEPT_EVERY:
                results.keep(fresh)
                fresh = []
            if progress:
                progress(done, len(entries))
    finally:
        results.keep(fresh)
    return seen, known


def _things(source: Source, places) -> Iterator:
    """Yields paths, or names and bytes where pictures are no files."""
    if source.files:
        for place in places:
            yield source.listing.entries[place].path
        return
    for start in range(0, len(places), _FETCHED):
        some = places[start : start + _FETCHED]
        for place, encoded in zip(some, source.encoded(some), strict=True):
            yield source.listing.entries[place].path, encoded


def _as_seen(answer) -> Seen:
    if not isinstance(answer, Failure):
        return answer
    remedy = KINDS[answer.kind].remedy.rstrip(".").lower()
    detail = f"{answer.detail} ({remedy})"
    return Seen(Look(problem=answer.kind, detail=detail))
