"""How a run is carried out, which does not change what it computes."""

import dataclasses

from pipelines.runs.config import GOING_ON
from pipelines.runs.config import WATCHING
from pipelines.runs.modes import WITHOUT_STEPS
from pipelines.runs.settings import AUTO
from pipelines.runs.settings import check
from pipelines.runs.settings import documented
from pipelines.runs.settings import row
from zoo.errors import RequestError
from zoo.variants import nearest

LOG_TO = ("csv", "mlflow", "wandb")


@documented
@dataclasses.dataclass(frozen=True)
class RunOptions:
    """How a run is carried out.

    Raises:
        RequestError: A value is not one of its choices, or names no logger.
    """

    resume: bool = row(
        True,
        "Go on where the run's folder holds the same run, not finished.",
        group=GOING_ON,
        common=True,
    )
    allow_inexact: bool = row(
        False,
        "Go on, too, with other settings, pictures or devices than the run "
        "was begun with, and with a finished one that shall be longer.",
        group=GOING_ON,
    )
    cluster: str = row(
        "none",
        "Who says which hosts train together; auto looks at the environment.",
        group=GOING_ON,
        choices=("none", AUTO, "tf_config", "slurm"),
        flag_default=AUTO,
    )

    log_to: tuple[str, ...] = row(
        (),
        "Where the numbers of TensorBoard's curves go as well, one or more of "
        "csv (curves.csv in the run's folder), mlflow and wandb.",
        group=WATCHING,
        unused_in=WITHOUT_STEPS,
    )
    callback: tuple[object, ...] = row(
        (),
        "Callbacks of Keras that watch the training, as MODULE:CLASS, such as "
        "mine:Watch for the class Watch in mine.py; from Python the objects, "
        "too.",
        group=WATCHING,
        unused_in=WITHOUT_STEPS,
    )

    def __post_init__(self):
        for name in ("log_to", "callback"):
            value = getattr(self, name)
            if not isinstance(value, (list, tuple)):
                value = (value,)
            object.__setattr__(self, name, tuple(value))
        check(self)
        for name in self.log_to:
            if name not in LOG_TO:
                raise RequestError(
                    f"`log_to` is one or more of {', '.join(LOG_TO)}. "
                    f"Received: {name}. Nearest: {nearest(name, LOG_TO)[0]}"
                )
