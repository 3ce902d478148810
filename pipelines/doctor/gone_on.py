"""Whether a start went on with each run of a folder where that stood."""

import os
import pathlib
import re

from pipelines.doctor.trials import Trouble
from pipelines.runs.checkpoints import steps_of
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.run_folder import METRICS

# What a run says of the checkpoint that it goes on from, and its folder.
_GOING_ON = re.compile(r"going on after step ([\d,]+) \((.+)\)$", re.MULTILINE)


def unfinished_in(folder) -> dict[pathlib.Path, int]:
    """Returns where the runs of a folder stand that are not finished.

    Args:
        folder: Of a run, or of several.

    Returns:
        The step of the newest checkpoint, by the run's folder; none of runs
        that have no checkpoint yet.
    """
    folder = pathlib.Path(os.path.abspath(folder))
    found = {}
    for run in (folder, *sorted(folder.glob("*/"))):
        steps = steps_of(run / CHECKPOINTS)
        if steps and not (run / METRICS).exists():
            found[run] = steps[-1]
    return found


def check_gone_on(folder, before: dict, said: str, *, died: bool) -> bool:
    """Looks whether a start went on from the last checkpoints.

    Args:
        folder: Of the run, or of several.
        before: What `unfinished_in` returned before the start.
        said: All that it said.
        died: Whether it was killed, perhaps before it came to that.

    Returns:
        Whether it went on from any.

    Raises:
        Trouble: It began a run anew, or went on from an earlier checkpoint.
    """
    told = {
        pathlib.Path(os.path.abspath(path)).parents[1]: _number(step)
        for step, path in _GOING_ON.findall(said)
    }
    after = unfinished_in(folder)
    for run, step in before.items():
        there = f"there was a checkpoint of step {step:,} in {run.name}, but "
        if run in told and told[run] < step:
            raise Trouble(
                f"{there}the next start went on after step {told[run]:,}"
            )
        # One that died early has left it where it was.
        if run not in told and not (died and after.get(run) == step):
            raise Trouble(f"{there}the next start began anew")
    return bool(told)


def _number(text: str) -> int:
    return int(text.replace(",", ""))
