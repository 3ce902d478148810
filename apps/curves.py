"""Draws runs side by side, from their event files.

    zoo curves runs/a runs/b --output=curves.png

Exit codes: 0 done, 2 a wrong request.
"""

import dataclasses
import os

from apps.command import launch
from apps.command import say
from apps.new_places import check_new_file
from apps.shared_settings import GIVEN
from apps.shared_settings import WRITTEN
from apps.shared_settings import Asked
from apps.shared_settings import output
from pipelines.runs.settings import required
from pipelines.runs.settings import row
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True, kw_only=True)
class CurveDrawing(Asked):
    """Which runs are drawn, and how."""

    runs: tuple[str, ...] = required(
        "Folders of runs, between commas.", group=GIVEN, common=True
    )
    names: tuple[str, ...] = row(
        (),
        "What the legend calls them, between commas.",
        group=WRITTEN,
        usual="the folders' own names",
        common=True,
    )
    title: str = row(
        "", "Stands above the picture.", group=WRITTEN, common=True
    )
    output: str = output("curves.png", "The picture to write, new.")


def check(asked: CurveDrawing) -> None:
    check_new_file(asked.output)
    names = names_of(asked)
    if len(set(names)) != len(asked.runs):
        raise RequestError(
            f"`names`: expected {len(asked.runs)} different names, one for "
            f"each run. Received: {', '.join(names)}"
        )


def names_of(asked: CurveDrawing) -> tuple[str, ...]:
    """Returns what the runs are called."""
    return asked.names or tuple(
        os.path.basename(os.path.normpath(folder)) for folder in asked.runs
    )


def run(asked: CurveDrawing) -> None:
    from pipelines.evaluation.curves import draw_runs

    draw_runs(
        dict(zip(names_of(asked), asked.runs, strict=True)),
        asked.output,
        asked.title,
    )
    say(f"written to {asked.output}")


def cli() -> None:
    launch(run, CurveDrawing, word="runs", check=check)


if __name__ == "__main__":
    cli()
