"""The audit of a data set: one pass over its files, then over their sum."""

import dataclasses
import time
from collections.abc import Callable

from pipelines.audit.file_pass import look_at_files
from pipelines.audit.findings import duplicate_findings
from pipelines.audit.findings import format_findings
from pipelines.audit.freezing import freeze
from pipelines.audit.label_check import LabelCheck
from pipelines.audit.label_check import check_labels
from pipelines.audit.label_check import with_refused
from pipelines.audit.listing import WARNING
from pipelines.audit.listing import DataFinding
from pipelines.audit.listing import Listing
from pipelines.audit.model_doubts import with_model_doubts
from pipelines.audit.one_file import Seen
from pipelines.audit.opening import open_data
from pipelines.audit.results import Results
from pipelines.audit.statistics import statistics
from pipelines.audit.worker_pool import Guard
from pipelines.data.copies.duplicates import Pair
from pipelines.data.copies.duplicates import exact_duplicates
from pipelines.data.copies.duplicates import near_duplicates
from pipelines.data.copies.fingerprints import Fingerprint
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.manifest import check_new
from pipelines.features.start import FeatureSource
from pipelines.waiting.heartbeat import heartbeat
from pipelines.waiting.work import work
from zoo.errors import RequestError

_LIMITS, _GUARD, _SOURCE = Limits(), Guard(), FeatureSource()
_COLUMNS = NamedColumns()


@dataclasses.dataclass(frozen=True)
class Options:
    """What is looked at, and under which limits.

    Args:
        fast: Whether only the headers and ends of files are read; they are
            decoded to the last line otherwise.
        limits: What one picture may ask for.
        guard: What the worker processes may use.
        labels: Whether label errors and outliers are looked for, which
            takes decoded files.
        source: The network whose features find those; chosen by the pictures
            where it names none.
        allow_outside_links: Whether links may lead out of the data folder.
        seed: Decides the folds of the search for label errors.
        columns: Columns of a table that somebody has named.
        doubts: A list of what a trained model doubts, which an evaluation has
            written; None for none.
    """

    fast: bool = False
    limits: Limits = _LIMITS
    guard: Guard = _GUARD
    labels: bool = True
    source: FeatureSource = _SOURCE
    allow_outside_links: bool = False
    seed: int = 0
    columns: NamedColumns = _COLUMNS
    doubts: str | None = None


_DEFAULTS = Options()


@dataclasses.dataclass(frozen=True)
class Audit:
    """What is known of a data set.

    Args:
        data: What was audited.
        options: How.
        listing: Its pictures.
        encoded: Returns the bytes of some, given their places.
        files: Whether every picture is a file of its own.
        seen: What was seen in each.
        findings: What to say of the set as a whole, the worst first.
        exact: Groups of places of equal bytes.
        near: Pairs of places that look alike.
        label_check: What a network thinks of the labels.
        statistics: See `statistics.statistics`.
        seconds: How long it took.
        known: How many files had been seen by an earlier run.
        frozen: How many pictures the manifest lists; None without one.
    """

    data: str
    options: Options
    listing: Listing
    encoded: Callable[[list[int]], list[bytes]]
    files: bool
    seen: list[Seen]
    findings: list[DataFinding]
    exact: list[list[int]]
    near: list[Pair]
    label_check: LabelCheck
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


@heartbeat()
def audit_data(
    data: str,
    output: str,
    options: Options = _DEFAULTS,
    *,
    write_manifest: str | None = None,
    watch: Callable = lambda step: None,
) -> Audit:
    """Audits a data set; `report.write_report` makes a page of the answer.

    Args:
        data: As `pipelines.data.sources.described.DATA_HELP` says.
        output: A new folder, where `results.jsonl` keeps what was seen; or
            that of an audit of the same data, which is then gone on with.
        options: What is looked at, and how.
        write_manifest: Where to freeze what can be trained on, a new file
            ending in `.csv`.
        watch: Given the name of a step, returns what is called with the
            numbers of pictures done and in all, or None.

    Raises:
        RequestError: The data, the output or the manifest cannot be used.
    """
    start = time.monotonic()
    if write_manifest:
        _check_manifest(write_manifest, options)
    audited = open_data(
        data,
        allow_outside_links=options.allow_outside_links,
        progress=watch("drawing"),
        columns=options.columns,
    )
    if write_manifest and not audited.files:
        raise RequestError(
            f"`write_manifest` lists files; the pictures of `data={data}` are "
            "inside others."
        )
    listing = audited.listing
    seen, known = _look(audited, data, output, options, watch)
    exact = exact_duplicates([each.sha256 for each in seen])
    near = _near(seen)
    label_check = LabelCheck()
    if options.labels and not options.fast:
        label_check = check_labels(
            audited, seen, options.source, options.seed, watch
        )
        seen = with_refused(seen, label_check.refused)
    if options.doubts:
        label_check = with_model_doubts(
            label_check, listing, seen, options.doubts
        )
    frozen = None
    if write_manifest:
        frozen = freeze(write_manifest, listing, seen, exact)
    return Audit(
        data=data,
        options=options,
        listing=listing,
        encoded=audited.encoded,
        files=audited.files,
        seen=seen,
        findings=_findings(listing, seen, exact, near, label_check),
        exact=exact,
        near=near,
        label_check=label_check,
        statistics=statistics(listing, seen),
        seconds=time.monotonic() - start,
        known=known,
        frozen=frozen,
    )


def _check_manifest(path: str, options: Options) -> None:
    check_new(path)
    if options.fast:
        raise RequestError(
            "`write_manifest` needs the hashes of whole files. Leave out "
            "`fast`."
        )


def _look(audited, data, output, options, watch):
    question = {
        "data": data,
        "decode": not options.fast,
        "limits": list(options.limits),
    }
    results = Results(output, question)
    try:
        return look_at_files(
            audited,
            results,
            decode=not options.fast,
            limits=options.limits,
            guard=options.guard,
            progress=watch("pictures"),
        )
    finally:
        results.close()


@work("comparing the pictures")
def _near(seen) -> list[Pair]:
    """Finds pictures that look alike and are not byte for byte the same."""
    blank = Fingerprint()
    pairs = near_duplicates([each.print or blank for each in seen])
    return [
        pair
        for pair in pairs
        if seen[pair.first].sha256 != seen[pair.second].sha256
    ]


def _findings(listing, seen, exact, near, label_check) -> list[DataFinding]:
    findings = [
        *listing.findings,
        *format_findings(listing.pictures, seen),
        *duplicate_findings(listing.pictures, exact, near),
        *label_check.findings,
    ]
    order = (REFUSE, WARNING, NOTE)
    return sorted(findings, key=lambda finding: order.index(finding.level))
