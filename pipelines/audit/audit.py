"""The audit of a data set: one pass over its files, then over their sum."""

import dataclasses
import time
from collections.abc import Callable

from pipelines.audit.duplicates import Pair
from pipelines.audit.duplicates import exact_duplicates
from pipelines.audit.duplicates import near_duplicates
from pipelines.audit.file_pass import look_at_files
from pipelines.audit.findings import duplicate_findings
from pipelines.audit.findings import format_findings
from pipelines.audit.fingerprints import Fingerprint
from pipelines.audit.freezing import freeze
from pipelines.audit.listing import WARNING
from pipelines.audit.listing import Finding
from pipelines.audit.listing import Listing
from pipelines.audit.looking import Seen
from pipelines.audit.opening import open_source
from pipelines.audit.opinions import Opinions
from pipelines.audit.opinions import ask
from pipelines.audit.processes import Guard
from pipelines.audit.results import Results
from pipelines.audit.statistics import statistics
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.manifest import check_new
from zoo.errors import RequestError

_LIMITS, _GUARD = Limits(), Guard()


@dataclasses.dataclass(frozen=True)
class Options:
    """What is looked at, and under which limits.

    Args:
        decode: Whether files are decoded to the last line; their headers
            and ends alone otherwise.
        limits: What one picture may ask for.
        guard: What the worker processes may use.
        model: The zoo model whose features find label errors; none are
            looked for where empty.
        weights: Of that model.
        allow_outside: Whether links may lead out of the data folder.
        seed: Decides the folds of the search for label errors.
    """

    decode: bool = True
    limits: Limits = _LIMITS
    guard: Guard = _GUARD
    model: str = "resnet20"
    weights: str = "cifar10"
    allow_outside: bool = False
    seed: int = 0


_DEFAULTS = Options()


@dataclasses.dataclass(frozen=True)
class Audit:
    """What is known of a data set.

    Args:
        data: What was audited.
        options: How.
        listing: Its pictures.
        encoded: Returns the bytes of some, given their places.
        seen: What was seen in each.
        findings: What to say of the set as a whole, the worst first.
        exact: Groups of places of equal bytes.
        near: Pairs of places that look alike.
        opinions: What a network thinks of the labels.
        statistics: See `statistics.statistics`.
        seconds: How long it took.
        known: How many files had been seen by an earlier run.
        frozen: How many pictures the manifest lists; None without one.
    """

    data: str
    options: Options
    listing: Listing
    encoded: Callable[[list[int]], list[bytes]]
    seen: list[Seen]
    findings: list[Finding]
    exact: list[list[int]]
    near: list[Pair]
    opinions: Opinions
    statistics: dict
    seconds: float
    known: int
    frozen: int | None = None

    @property
    def refused(self) -> list[int]:
        """The places of files that must not be trained on."""
        return [i for i, each in enumerate(self.seen) if each.level == REFUSE]

    @property
    def passed(self) -> bool:
        """Whether nothing stands against training."""
        return not self.refused and all(
            finding.level != REFUSE for finding in self.findings
        )


def audit(
    data: str,
    output: str,
    options: Options = _DEFAULTS,
    *,
    manifest: str | None = None,
    watch: Callable = lambda step: None,
) -> Audit:
    """Audits a data set; `report.write_report` makes a page of the answer.

    Args:
        data: A folder, or what else `--data` takes.
        output: A new folder, where `results.jsonl` keeps what was seen; or
            that of an audit of the same data, which is then gone on with.
        options: What is looked at, and how.
        manifest: Where to freeze what can be trained on, ending in `.csv`.
        watch: Given the name of a step, returns what is called with the
            numbers of pictures done and in all, or None.

    Raises:
        RequestError: The data, the output or the manifest cannot be used.
    """
    start = time.monotonic()
    if manifest:
        _check_manifest(manifest, options)
    source = open_source(
        data,
        allow_outside=options.allow_outside,
        progress=watch("drawing"),
    )
    if manifest and not source.files:
        raise RequestError(
            f"--write_manifest lists files; the pictures of --data={data} "
            "are inside others."
        )
    seen, known = _look(source, data, output, options, watch)
    exact = exact_duplicates([each.sha256 for each in seen])
    near = _near(seen)
    opinions = Opinions()
    if options.decode and options.model:
        opinions = ask(
            source,
            seen,
            options.model,
            options.weights,
            options.seed,
            watch("features"),
        )
    return Audit(
        data,
        options,
        source.listing,
        source.encoded,
        seen,
        _findings(source.listing, seen, exact, near, opinions),
        exact,
        near,
        opinions,
        statistics(source.listing, seen),
        time.monotonic() - start,
        known,
        freeze(manifest, source.listing, seen, exact) if manifest else None,
    )


def _check_manifest(manifest, options) -> None:
    check_new(manifest)
    if not options.decode:
        raise RequestError(
            "--write_manifest needs the hashes of whole files. Leave out "
            "--fast."
        )


def _look(source, data, output, options, watch):
    question = {
        "data": data,
        "decode": options.decode,
        "limits": list(options.limits),
    }
    results = Results(output, question)
    try:
        return look_at_files(
            source,
            results,
            decode=options.decode,
            limits=options.limits,
            guard=options.guard,
            progress=watch("pictures"),
        )
    finally:
        results.close()


def _near(seen) -> list[Pair]:
    """Finds pictures that look alike and are not byte for byte the same."""
    blank = Fingerprint()
    pairs = near_duplicates([each.print or blank for each in seen])
    return [
        pair
        for pair in pairs
        if seen[pair.first].sha256 != seen[pair.second].sha256
    ]


def _findings(listing, seen, exact, near, opinions) -> list[Finding]:
    findings = [
        *listing.findings,
        *format_findings(listing.entries, seen),
        *duplicate_findings(listing.entries, exact, near),
        *opinions.findings,
    ]
    order = (REFUSE, WARNING, NOTE)
    return sorted(findings, key=lambda finding: order.index(finding.level))
