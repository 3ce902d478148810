"""Puts runs side by side, and says which is better by more than chance.

    zoo compare runs/a runs/b

Runs, and folders that the command evaluate has written, are compared by the
pictures that all of them have judged. Writes into --output: comparison.html, a
page to look at, and all that is on it as comparison.json, runs.csv, pairs.csv
and settings.csv. Exit codes: 0 done, 2 a wrong request, 3 bad data.
"""

import dataclasses
import os

from apps.command import launch
from apps.command import say
from apps.new_places import check_new_folder
from apps.shared_settings import GIVEN
from apps.shared_settings import Asked
from apps.shared_settings import output
from pipelines.runs.places import COMPARISONS
from pipelines.runs.places import dated_folder
from pipelines.runs.settings import required
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunComparison(Asked):
    """Which runs are compared."""

    runs: tuple[str, ...] = required(
        "Folders of runs, between commas.", group=GIVEN, common=True
    )
    output: str | None = output(
        None,
        "A new folder for the results.",
        usual=f"made up from the time, in {COMPARISONS}/",
    )


def check(asked: RunComparison) -> None:
    if len(asked.runs) < 2:
        raise RequestError(
            "`runs` are compared with each other. Give two or more folders, "
            f"such as runs/a runs/b. Received: {', '.join(asked.runs)}"
        )
    for folder in asked.runs:
        if not os.path.isdir(folder):
            raise RequestError(f"`runs`: there is no folder {folder}.")
    if asked.output:
        check_new_folder(asked.output)


def run(asked: RunComparison) -> None:
    from pipelines.evaluation.comparing import compare
    from pipelines.evaluation.comparison_files import as_text
    from pipelines.evaluation.comparison_files import write_comparison
    from pipelines.evaluation.judged_runs import read_judged

    found = compare(read_judged(asked.runs))
    page = write_comparison(found, asked.output or dated_folder(COMPARISONS))
    for line in as_text(found):
        say(line)
    say(f"page: {page}")


def cli() -> None:
    launch(run, RunComparison, word="runs", check=check)


if __name__ == "__main__":
    cli()
