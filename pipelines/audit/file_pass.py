"""One pass over all files of a data set, which can be stopped and gone on."""

import functools
from collections.abc import Iterator
from collections.abc import Sequence

from pipelines.audit.one_file import Seen
from pipelines.audit.one_file import see
from pipelines.audit.opening import AuditedData
from pipelines.audit.results import Results
from pipelines.audit.worker_pool import Failure
from pipelines.audit.worker_pool import Guard
from pipelines.audit.worker_pool import guarded_map
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.classification import Look
from pipelines.data.inspection.kinds import KINDS
from pipelines.waiting.work import work

_KEPT_EVERY = 256
_FETCHED = 64


@work("looking at the files", "picture")
def look_at_files(
    audited: AuditedData,
    results: Results,
    *,
    decode: bool,
    limits: Limits,
    guard: Guard,
    progress=None,
) -> tuple[list[Seen], int]:
    """Looks at every file that was not seen by an earlier run.

    Args:
        audited: The files.
        results: Where it is kept what was seen.
        decode: Whether files are decoded to the last line.
        limits: What one picture may ask for.
        guard: What the worker processes may use.
        progress: Called with the numbers of files done and in all.

    Returns:
        What was seen in each, in order, and how much of it by earlier runs.
    """
    pictures = audited.listing.pictures
    seen = [results.known(picture.path) for picture in pictures]
    places = [i for i, each in enumerate(seen) if each is None]
    known = len(pictures) - len(places)
    look = functools.partial(see, decode=decode, limits=limits)
    fresh = []
    try:
        answers = guarded_map(look, _things(audited, places), guard)
        for done, (number, answer) in enumerate(answers, known + 1):
            place = places[number]
            seen[place] = _as_seen(answer)
            fresh.append((pictures[place].path, seen[place]))
            if len(fresh) == _KEPT_EVERY:
                results.keep(fresh)
                fresh = []
            if progress:
                progress(done, len(pictures))
    finally:
        results.keep(fresh)
    return _compared(seen, audited.sha256), known


def _things(audited: AuditedData, places) -> Iterator:
    """Yields paths, or names and bytes where pictures are no files."""
    if audited.files:
        for place in places:
            yield audited.listing.pictures[place].path
        return
    for start in range(0, len(places), _FETCHED):
        some = places[start : start + _FETCHED]
        for place, encoded in zip(some, audited.encoded(some), strict=True):
            yield audited.listing.pictures[place].path, encoded


def _compared(seen: list[Seen], expected: Sequence[str]) -> list[Seen]:
    """Refuses, as training does, what does not hash to what it should."""
    if not expected:
        return seen
    return [
        _changed(each)
        if each.sha256 not in ("", sha256) and not each.look.problem
        else each
        for each, sha256 in zip(seen, expected, strict=True)
    ]


def _changed(seen: Seen) -> Seen:
    detail = "is not the file that the manifest lists (its sha256 differs)"
    return seen._replace(
        look=seen.look._replace(problem="changed", detail=detail)
    )


def _as_seen(answer) -> Seen:
    if not isinstance(answer, Failure):
        return answer
    remedy = KINDS[answer.kind].remedy.rstrip(".").lower()
    detail = f"{answer.detail} ({remedy})"
    return Seen(Look(problem=answer.kind, detail=detail))
