"""Going on with a run that was begun before, where its folder holds one."""

import dataclasses
import pathlib

from pipelines.runs.checkpoints import Checkpoint
from pipelines.runs.checkpoints import newest
from pipelines.runs.config import RunConfig
from pipelines.runs.moved_data import identity_by_bytes
from pipelines.runs.options import RunOptions
from pipelines.runs.places import SPLIT
from pipelines.runs.resuming import PICTURES
from pipelines.runs.resuming import check_same_run
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.state import check_weights_fit
from pipelines.training.choices import from_json
from pipelines.training.fine_tuning.phases import steps_per_epoch
from pipelines.training.run import Run

# Settings that decide together what learns when, at which rate.
_LENGTH = ("plan", "epochs", "learning_rate")


def checkpoint_of(config: RunConfig, options: RunOptions, say):
    """Returns the checkpoint to go on from, or None."""
    if not options.resume:
        return None
    return newest(pathlib.Path(config.output) / CHECKPOINTS, say)


def go_on(run: Run, options: RunOptions) -> None:
    """Takes over what was decided before, where the run goes on.

    Nothing is written: its state may not fit (`Run.take_over`).

    Raises:
        RequestError: It is another run, whose state does not fit or was not
            asked for.
    """
    if not run.resumed:
        run.settle()
        return
    begun = run.resumed.facts["run"]
    other = check_same_run(
        begun["identity"],
        identity_by_bytes(
            begun["identity"], run.identity, run.folder.path, run.splits
        ),
        kind=type(run.config),
        allow_inexact=options.allow_inexact,
        say=run.say,
    )
    listed = run.folder.path / SPLIT
    run.lists_anew = bool(other & set(PICTURES)) or not listed.exists()
    if other:
        check_weights_fit(run.model, run.resumed.files)
    step, path = run.resumed.step, run.resumed.path
    run.say(f"going on after step {step:,} ({path})")
    steps = steps_per_epoch(run)
    run.resumed = in_steps(run.resumed, steps)
    run.started -= begun["elapsed"]
    run.decisions |= begun["decisions"]
    # What was decided then is not what is asked for now.
    anew = _LENGTH if other & set(_LENGTH) else ()
    chosen, resolved = (
        {name: value for name, value in held.items() if name not in anew}
        for held in (begun.get("chosen", {}), begun["resolved"])
    )
    run.settle(from_json(chosen), **resolved)


def in_steps(checkpoint: Checkpoint, steps: int) -> Checkpoint:
    """Returns a checkpoint as if epochs had so many steps all along.

    Args:
        checkpoint: Of a run whose pictures or batches may have been others.
        steps: Of an epoch now.
    """
    progress = checkpoint.facts["progress"]
    then = progress.get("steps_per_epoch") or steps
    if then == steps:
        return checkpoint
    batch = progress["batch"] * steps // then
    step = progress["epoch"] * steps + batch
    moved = {**progress, "batch": batch, "global_step": step}
    facts = {**checkpoint.facts, "progress": moved}
    return dataclasses.replace(checkpoint, step=step, facts=facts)
