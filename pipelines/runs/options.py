"""How a run is carried out, which does not change what it computes."""

import dataclasses

from pipelines.runs.config import GOING_ON
from pipelines.runs.settings import AUTO
from pipelines.runs.settings import check
from pipelines.runs.settings import documented
from pipelines.runs.settings import row


@documented
@dataclasses.dataclass(frozen=True)
class RunOptions:
    """How a run is carried out.

    Raises:
        RequestError: A value is not one of its choices.
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

    def __post_init__(self):
        check(self)
