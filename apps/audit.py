"""Says what is wrong with a data set, before it is trained on.

    zoo audit photos/
    zoo audit photos/ --model=RUN
    zoo audit photos/ --write_manifest=photos.csv

Writes into --output: report.html to look at, report.json, and results.jsonl,
from which a stopped audit goes on when it is given the same --output. Exit
codes: 0 nothing stands against training, 2 a wrong request, 3 something must
not be trained on.
"""

import dataclasses
import os
import time

from apps.bar import Bar
from apps.checks import check_data
from apps.checks import check_model
from apps.checks import check_there
from apps.command import fail
from apps.command import launch
from apps.command import say
from apps.command import tell
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import WRITTEN
from apps.shared_settings import FeatureModel
from apps.shared_settings import data
from pipelines.runs.config import RunConfig
from pipelines.runs.places import RUNS
from pipelines.runs.settings import changed
from pipelines.runs.settings import row

_SHOWN = 5
_LIMITS = "What one file may ask for"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Auditing(FeatureModel):
    """What is looked at, and under which limits."""

    data: str = data()
    output: str | None = row(
        None,
        "A new folder, or that of an audit to go on with.",
        group=WRITTEN,
        usual=f"{RUNS}/audit-DATA-TIME",
        common=True,
    )
    write_manifest: str | None = row(
        None,
        "Freeze what can be trained on into this new CSV file, with hashes.",
        group=WRITTEN,
        common=True,
    )
    fast: bool = row(
        False,
        "Only headers and ends of files, nothing is decoded.",
        group=HOW,
        common=True,
    )
    labels: bool = row(
        True,
        "Look for label errors and outliers with a network.",
        group=HOW,
        common=True,
    )
    doubts: str | None = row(
        None,
        "The doubts.csv of an evaluation: what a trained model doubts is "
        "shown, too.",
        group=GIVEN,
        common=True,
    )
    workers: int = row(
        0,
        "Processes that decode; one for each core where 0.",
        group=HOW,
        low=0,
        high=10**4,
        common=True,
    )
    allow_outside_links: bool = row(
        False,
        "Links may lead out of the data folder.",
        group=GIVEN,
        common=True,
    )
    image_column: str | None = changed(RunConfig, "image_column", group=GIVEN)
    label_column: str | None = changed(RunConfig, "label_column", group=GIVEN)
    timeout_s: float = row(
        10.0,
        "Seconds that decoding one file may take.",
        group=_LIMITS,
        low=0.1,
        common=True,
    )
    memory_mib: int = row(
        1024,
        "MiB of memory that decoding one file may take.",
        group=_LIMITS,
        low=64,
        common=True,
    )
    max_megapixels: int = row(
        64,
        "Megapixels that one picture may have.",
        group=_LIMITS,
        low=1,
        common=True,
    )
    max_mib: int = row(
        64, "MiB that one file may have.", group=_LIMITS, low=1, common=True
    )


def check(asked: Auditing) -> None:
    if asked.labels and asked.model is not None:
        check_model(asked.model, asked.weights)
    check_data(asked.data)
    check_there(doubts=asked.doubts)


def run(asked: Auditing) -> None:
    from pipelines.audit.auditing import audit_data
    from pipelines.audit.report.writing import write_report

    output = asked.output or new_output(asked.data)
    found = audit_data(
        asked.data,
        output,
        options_of(asked),
        write_manifest=asked.write_manifest,
        watch=lambda step: Bar(step, "picture"),
    )
    report = write_report(found, output)
    summarise(found)
    if found.frozen is not None:
        say(f"{found.frozen:,} pictures frozen in {asked.write_manifest}")
    if report.corrections.is_old:
        say(
            f"{report.corrections.path} is from before and was left as it is, "
            "as somebody may have edited it; remove it for a list of what is "
            "doubted now"
        )
    say(f"report: {report.page}")
    if not found.passed:
        fail(
            f"{asked.data} must not be trained on as it is; see {report.page}",
            3,
        )


def new_output(data: str) -> str:
    """Names a folder by what is audited and when."""
    name = os.path.basename(data.rstrip("/")).replace(":", "-") or "data"
    when = time.strftime("%Y%m%d-%H%M%S")
    return os.path.join(RUNS, f"audit-{name}-{when}")


def options_of(asked: Auditing):
    """Returns what the audit itself takes."""
    from pipelines.audit.auditing import Options
    from pipelines.audit.worker_pool import Guard
    from pipelines.data.inspection.classification import Limits
    from pipelines.data.sources.csv_columns import NamedColumns
    from pipelines.features.start import FeatureSource

    return Options(
        fast=asked.fast,
        limits=Limits(asked.max_megapixels * 10**6, asked.max_mib * 2**20),
        guard=Guard(
            asked.workers or os.cpu_count() or 1,
            asked.timeout_s,
            asked.memory_mib * 2**20,
        ),
        labels=asked.labels,
        source=FeatureSource(asked.model, asked.weights),
        allow_outside_links=asked.allow_outside_links,
        columns=NamedColumns(asked.image_column, asked.label_column),
        doubts=asked.doubts,
    )


def summarise(found) -> None:
    """Says what was found in a few lines."""
    from pipelines.pages.showing import readable

    counts = found.statistics
    say(
        f"{counts['pictures']:,} pictures of {len(counts['classes']):,} "
        f"classes, {counts['bytes'] / 1e6:,.1f} MB, in {found.seconds:.1f} s"
    )
    if found.known:
        say(f"{found.known:,} of them were looked at before")
    source = found.label_check.source
    if source is not None and source.why:
        say(f"labels by the features of {source.told}: {source.why}")
    for finding in found.findings:
        tell(f"{finding.level}: {readable(finding.message)}")
        for name in finding.names[:_SHOWN]:
            say(f"  {readable(name)}")
        if len(finding.names) > _SHOWN:
            say(f"  and {len(finding.names) - _SHOWN:,} more")
    for place in found.refused[:_SHOWN]:
        path = found.listing.pictures[place].path
        say(f"refuse: {readable(path)}: {found.seen[place].look.detail}")
    more = len(found.refused) - _SHOWN
    if more > 0:
        say(f"refuse: and {more:,} more files")
    notes = ", ".join(f"{n:,} {key}" for key, n in counts["notes"].items())
    if notes:
        say(f"notes: {notes}")


def cli() -> None:
    launch(run, Auditing, word="data", check=check)


if __name__ == "__main__":
    cli()
