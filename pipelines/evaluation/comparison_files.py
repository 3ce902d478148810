"""What a comparison leaves in its folder: a page, and all of it as data.

| file | holds |
|---|---|
| `comparison.html` | the page to look at |
| `comparison.json` | everything |
| `runs.csv`, `pairs.csv`, `settings.csv` | a row a run, a pair, a setting |
"""

import dataclasses
import pathlib

from pipelines.data.spelling import told_apart
from pipelines.evaluation.comparing import ALPHA
from pipelines.evaluation.comparing import Comparison
from pipelines.evaluation.comparison_charts import curves_of_runs
from pipelines.evaluation.comparison_charts import intervals
from pipelines.evaluation.judged_files import write_csv
from pipelines.pages.rendering import render
from zoo.plain_json import dumps
from zoo.weights.atomic import write_atomically

PAGE = "comparison.html"
DATA = "comparison.json"


def write_comparison(found: Comparison, output) -> pathlib.Path:
    """Writes a comparison into a new folder, the page last.

    Args:
        found: What is known of the runs together.
        output: The folder.

    Returns:
        The page's path.

    Raises:
        OSError: The disk is full or the folder cannot be made.
    """
    # Before there is a folder, so that what fails leaves none.
    page = _page(found)
    text = dumps(found.as_json(), indent=2, ensure_ascii=False) + "\n"
    folder = pathlib.Path(output)
    folder.mkdir(parents=True)
    write_atomically(folder / DATA, text.encode("utf-8", "backslashreplace"))
    for name, rows in _tables(found).items():
        write_csv(folder / f"{name}.csv", rows)
    write_atomically(folder / PAGE, page)
    return folder / PAGE


def _page(found: Comparison) -> bytes:
    return render(
        "comparison.html",
        title=f"{len(found.runs)} runs side by side",
        lead=f"on {found.pictures:,} pictures that all of them have judged",
        verdict=verdict(found),
        alpha=ALPHA,
        standings=found.standings,
        best=found.best,
        tests=found.tests,
        settings=found.settings,
        names=[row.run for row in found.standings],
        chart=intervals(found),
        curves=curves_of_runs(found.runs),
    )


def _tables(found: Comparison) -> dict[str, list[list]]:
    names = [row.run for row in found.standings]
    return {
        "runs": _rows(found.standings),
        "pairs": _rows(found.tests),
        "settings": [
            ["setting", *told_apart(names, ["setting"])],
            *(
                [setting, *(row[name] for name in names)]
                for setting, row in found.settings.items()
            ),
        ],
    }


def _rows(records: list) -> list[list]:
    dicts = [dataclasses.asdict(record) for record in records]
    return [[*dicts[0]], *([*each.values()] for each in dicts)]


def verdict(found: Comparison) -> str:
    """Says who is best, as far as these pictures can tell."""
    if found.winner:
        return f"{found.winner} is better than every other by more than chance."
    if len(found.best) == 1:
        return (
            f"{found.best[0]} tells the most right, but not by more than "
            "chance against every other."
        )
    told = ", ".join(found.best)
    return (
        f"These pictures do not tell which is the best of {told}: they differ "
        "by no more than chance."
    )


def as_text(found: Comparison) -> list[str]:
    """Returns a comparison as lines for a terminal."""
    wide = max(len(row.run) for row in found.standings)
    lines = [f"{found.pictures:,} pictures that all have judged"]
    lines += [
        f"  {row.run:{wide}}  {row.share:7.2%} right "
        f"({row.low:.2%} … {row.high:.2%})"
        for row in found.standings
    ]
    for test in found.tests:
        lines.append(
            f"  only {test.first} is right on {test.only_first:,}, only "
            f"{test.second} on {test.only_second:,}: p = {test.p_holm:.3g}"
        )
    if found.settings:
        lines.append(f"they differ in: {', '.join(found.settings)}")
    return [*lines, verdict(found)]
