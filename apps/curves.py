"""Draws runs side by side, from their event files.

    python -m apps.curves --runs=runs/a,runs/b --output=curves.png

Exit codes: 0 done, 2 a wrong request.
"""

import os

from absl import flags

from apps.command import check_new_file
from apps.command import launch
from apps.command import say


def define_flags() -> None:
    flags.DEFINE_list(
        "runs", None, "Folders of runs, between commas.", required=True
    )
    flags.DEFINE_list(
        "names", None, "What the legend calls them; the folders' own names."
    )
    flags.DEFINE_string("title", "", "Above the picture.")
    flags.DEFINE_string("output", "curves.png", "The picture to write.")


def run() -> None:
    from pipelines.evaluation.curves import draw_runs
    from zoo.errors import RequestError

    values = flags.FLAGS
    check_new_file(values.output)
    names = values.names or [
        os.path.basename(os.path.normpath(folder)) for folder in values.runs
    ]
    if len(set(names)) != len(values.runs):
        raise RequestError(
            f"--names: expected {len(values.runs)} different names, one for "
            f"each run. Received: {', '.join(names)}"
        )
    draw_runs(
        dict(zip(names, values.runs, strict=True)),
        values.output,
        values.title,
    )
    say(f"written to {values.output}")


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
