"""Going on with a run that was begun before, where its folder holds one."""

import pathlib

from pipelines.runs.checkpoints import newest
from pipelines.runs.config import RunConfig
from pipelines.runs.moved_data import identity_by_bytes
from pipelines.runs.options import RunOptions
from pipelines.runs.resuming import check_same_run
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.training.choices import from_json
from pipelines.training.run import Run


def checkpoint_of(config: RunConfig, options: RunOptions, say):
    """Returns the checkpoint to go on from, or None."""
    if not options.resume:
        return None
    return newest(pathlib.Path(config.output) / CHECKPOINTS, say)


def go_on(run: Run, options: RunOptions) -> None:
    """Takes over what was decided before, where the run goes on."""
    if not run.resumed:
        run.settle()
        return
    begun = run.resumed.facts["run"]
    check_same_run(
        begun["identity"],
        identity_by_bytes(
            begun["identity"], run.identity, run.folder.path, run.splits
        ),
        kind=type(run.config),
        allow_inexact=options.allow_inexact,
        say=run.say,
    )
    step, path = run.resumed.step, run.resumed.path
    run.say(f"going on after step {step:,} ({path})")
    run.started -= begun["elapsed"]
    run.decisions |= begun["decisions"]
    run.settle(from_json(begun.get("chosen", {})), **begun["resolved"])
