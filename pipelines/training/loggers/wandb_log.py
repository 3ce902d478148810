"""Curves at Weights & Biases, or in its files (`WANDB_MODE=offline`)."""

import datetime
import os
import pathlib
import time

import wandb

from pipelines.training.loggers.base import PROJECT
from pipelines.training.loggers.base import Logger
from pipelines.training.loggers.base import Opening
from pipelines.training.loggers.base import axis_of
from pipelines.training.loggers.base import full_names
from pipelines.training.loggers.journal import Journal


class WandbLogger(Logger):
    """Logs to a run of Weights & Biases, which goes on where ours does.

    Project, account and mode are those of its own variables
    (`WANDB_PROJECT`, `WANDB_ENTITY`, `WANDB_MODE` …).

    Args:
        opening: Of the run.
    """

    errors = (OSError, wandb.errors.Error)

    def __init__(self, opening: Opening):
        self._journal = Journal(opening.folder)
        _wait_for_the_next_second(opening.folder)
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            id=self._journal.id,
            name=opening.name,
            dir=str(opening.folder),
            resume="allow",
            config=opening.settings,
            # What is printed stays on the terminal, as we print it.
            settings=wandb.Settings(console="off", quiet=True),
        )
        # A curve counts what ours does, not how often something was logged.
        for names, part in (
            ("steps/*", ""),
            ("train/*", "train"),
            ("validation/*", "validation"),
        ):
            self._run.define_metric(names, step_metric=axis_of(part))

    def scalars(self, part: str, step: int, values: dict[str, float]) -> None:
        if self._journal.takes(part, step):
            axis = {axis_of(part): step}
            self._run.log(axis | full_names(part, values))

    def close(self, *, ended: bool) -> None:
        self._run.finish(exit_code=0 if ended else 1)


def _wait_for_the_next_second(folder: pathlib.Path) -> None:
    """As long as a start of this second would write over another's files.

    wandb calls their folder by the second and the run, which is the same.
    """
    while True:
        second = datetime.datetime.now().strftime("%Y%m%d_%H%M%S")
        if not any(folder.glob(f"wandb/*run-{second}-*")):
            return
        time.sleep(0.05)
