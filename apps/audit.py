"""Says what is wrong with a data set, before it is trained on.

    python -m apps.audit --data=photos/
    python -m apps.audit --data=photos/ --write_manifest=photos.csv

Writes into --output: report.html to look at, report.json, and results.jsonl,
from which a stopped audit goes on when it is given the same --output. Exit
codes: 0 nothing stands against training, 2 a wrong request, 3 something must
not be trained on.
"""

import os
import time

from absl import flags

from apps.command import Bar
from apps.command import fail
from apps.command import launch
from apps.command import say

_SHOWN = 5


def define_flags() -> None:
    flags.DEFINE_string(
        "data",
        None,
        "A folder, a CSV file, 'herbarium' or 'tfds:NAME[:SPLIT]'.",
        required=True,
    )
    flags.DEFINE_string(
        "output",
        None,
        "A new folder, or that of an audit to go on with; "
        "tensorboard_logs/audit-DATA-TIME where it is not given.",
    )
    flags.DEFINE_bool(
        "fast", False, "Only headers and ends of files, nothing is decoded."
    )
    flags.DEFINE_string(
        "write_manifest",
        None,
        "Freeze what can be trained on into this new CSV file, with hashes.",
    )
    flags.DEFINE_bool(
        "labels", True, "Look for label errors and outliers with a network."
    )
    flags.DEFINE_string(
        "features_model", "resnet20", "The network of the zoo for that."
    )
    flags.DEFINE_string("features_weights", "cifar10", "Its weights.")
    flags.DEFINE_bool(
        "allow_outside_links", False, "Links may lead out of the data folder."
    )
    flags.DEFINE_integer(
        "workers",
        0,
        "Processes that decode; one for each core where 0.",
        lower_bound=0,
    )
    define_limits()


def define_limits() -> None:
    flags.DEFINE_float(
        "timeout_s", 10.0, "Seconds for one file.", lower_bound=0.1
    )
    flags.DEFINE_integer(
        "memory_mib", 1024, "For decoding one file.", lower_bound=64
    )
    flags.DEFINE_integer("max_megapixels", 64, "Of one picture.", lower_bound=1)
    flags.DEFINE_integer("max_mib", 64, "Of one file.", lower_bound=1)


def run() -> None:
    from pipelines.audit.auditing import audit_data
    from pipelines.audit.report.writing import write_report

    values = flags.FLAGS
    output = values.output or new_output(values.data)
    found = audit_data(
        values.data,
        output,
        options(),
        write_manifest=values.write_manifest,
        watch=lambda step: Bar(step, "picture"),
    )
    page = write_report(found, output)
    summarise(found)
    if found.frozen is not None:
        say(f"{found.frozen:,} pictures frozen in {values.write_manifest}")
    say(f"report: {page}")
    if not found.passed:
        fail(f"{values.data} must not be trained on as it is; see {page}", 3)


def new_output(data: str) -> str:
    """Names a folder by what is audited and when."""
    name = os.path.basename(data.rstrip("/")).replace(":", "-") or "data"
    when = time.strftime("%Y%m%d-%H%M%S")
    return os.path.join("tensorboard_logs", f"audit-{name}-{when}")


def options():
    """Reads the flags."""
    from pipelines.audit.auditing import Options
    from pipelines.audit.network_features import Network
    from pipelines.audit.worker_pool import Guard
    from pipelines.data.inspection.classification import Limits

    values = flags.FLAGS
    return Options(
        fast=values.fast,
        limits=Limits(values.max_megapixels * 10**6, values.max_mib * 2**20),
        guard=Guard(
            values.workers or os.cpu_count() or 1,
            values.timeout_s,
            values.memory_mib * 2**20,
        ),
        labels=values.labels,
        network=Network(values.features_model, values.features_weights),
        allow_outside_links=values.allow_outside_links,
    )


def summarise(found) -> None:
    """Says what was found in a few lines."""
    from pipelines.pages.rendering import readable

    counts = found.statistics
    say(
        f"{counts['pictures']:,} pictures of {len(counts['classes']):,} "
        f"classes, {counts['bytes'] / 1e6:,.1f} MB, in {found.seconds:.1f} s"
    )
    if found.known:
        say(f"{found.known:,} of them were looked at before")
    for finding in found.findings:
        say(f"{finding.level}: {readable(finding.message)}")
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
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
