"""What an audit found, as a page for people."""

import datetime
import pathlib

import PIL
import tensorflow as tf

from pipelines.audit.auditing import Audit
from pipelines.audit.report import charts
from pipelines.audit.report import corrections
from pipelines.audit.report import pictures
from pipelines.audit.report.album import Album
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.pages.commands import command
from pipelines.pages.rendering import duration
from pipelines.pages.rendering import render
from pipelines.pages.showing import readable


def as_page(audit: Audit) -> bytes:
    """Returns the page, HTML as UTF-8."""
    album = Album(audit)
    name = pathlib.Path(audit.data).name or audit.data
    return render(
        "audit.html",
        title=f"Audit of {readable(name)}",
        lead=f"{readable(audit.data)} · "
        f"{datetime.datetime.now():%d %B %Y, %H:%M}",
        passed=audit.passed,
        refused=len(audit.refused),
        decoded=not audit.options.fast,
        tiles=_tiles(audit),
        findings=audit.findings,
        problems=pictures.by_kind(audit, album, "problem"),
        notes=pictures.by_kind(audit, album, "notes"),
        groups=pictures.groups(audit, album),
        group_count=len(audit.exact) + len(audit.near),
        suspects=pictures.suspects(audit, album),
        suspect_count=len(audit.label_check.suspects),
        outliers=pictures.outliers(audit, album),
        outlier_count=len(audit.label_check.outliers),
        real=sum(each.wrong for each in audit.label_check.suspects),
        corrections=corrections.for_page(audit),
        listed=corrections.CORRECTIONS if audit.files else "",
        training=command("finetune", data=corrections.CORRECTIONS),
        accuracy=audit.label_check.accuracy,
        imbalance=audit.statistics["imbalance"],
        balance=charts.balance(audit),
        charts=charts.charts(audit),
        formats=audit.statistics["formats"],
        provenance=_provenance(audit),
    )


def _tiles(audit: Audit) -> list[tuple[str, str, str]]:
    """The headline: (value, what it is, how bad that is)."""
    counts, levels = audit.statistics, audit.statistics["levels"]
    pairs = len(audit.exact) + len(audit.near)
    suspects = len(audit.label_check.suspects)
    refused, noted = levels.get(REFUSE, 0), levels.get(NOTE, 0)
    return [
        (f"{counts['pictures']:,}", "pictures", ""),
        (f"{len(counts['classes']):,}", "classes", ""),
        (f"{counts['bytes'] / 1e6:.1f}", "megabytes", ""),
        (f"{refused:,}", "refused", "bad" if refused else ""),
        (f"{noted:,}", "with a note", "noted" if noted else ""),
        (f"{pairs:,}", "duplicates", "warning" if pairs else ""),
        (f"{suspects:,}", "labels to check", "warning" if suspects else ""),
    ]


def _provenance(audit: Audit) -> list[str]:
    """How it was found out, a sentence each."""
    options, pictures = audit.options, audit.statistics["pictures"]
    workers = options.guard.workers
    known = f", {audit.known:,} of them seen by an earlier run"
    said = [
        f"{pictures:,} files in {duration(audit.seconds)}"
        f"{known if audit.known else ''}, {workers} worker "
        f"{'process' if workers == 1 else 'processes'}; at most "
        f"{options.limits.pixels:,} pixels, {options.limits.bytes >> 20:,} "
        f"MiB and {options.guard.seconds:g} s a file."
    ]
    if audit.frozen is not None:
        said.append(f"A manifest lists {audit.frozen:,} pictures.")
    source = audit.label_check.source
    if source is not None:
        why = f": {source.why}" if source.why else ""
        said.append(f"Labels by the features of {source.told}{why}.")
    return [*said, f"Pillow {PIL.__version__}, TensorFlow {tf.__version__}."]
