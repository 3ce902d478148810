"""A process that has imported everything and forks for each run.

Importing takes longer than a small run does. Each line of the input is a list
of children (`Child`), as JSON, that run beside one another; each line of the
output says how they ended. TensorFlow is not used before the fork: it would not
survive.
"""

import dataclasses
import json
import os
import signal
import sys
import time
import traceback

from pipelines.doctor.moments import Moment
from pipelines.doctor.moments import dying

# Seconds that the others of a run live on when one is killed.
_SURVIVED = 0.5


@dataclasses.dataclass(frozen=True)
class Child:
    """One process.

    Args:
        name: One of `pipelines.doctor.settings_tried.SETTINGS`.
        place: The folder with the pictures.
        output: The run's folder.
        log: The file that takes all it says; added to.
        moment: When it dies; None for never.
        cluster: What the variable TF_CONFIG says.
        changes: Other settings.
    """

    name: str
    place: str
    output: str
    log: str
    moment: dict | None = None
    cluster: str | None = None
    changes: dict = dataclasses.field(default_factory=dict)


def live(child: Child) -> int:
    """Carries a child out in this process, and returns its exit code."""
    from pipelines.doctor.second_reading import read_twice
    from pipelines.doctor.settings_tried import carry_out

    if child.cluster:
        os.environ["TF_CONFIG"] = child.cluster
    moment = Moment(**child.moment) if child.moment else None
    read_twice()
    try:
        with dying(moment):
            carry_out(child.name, child.place, child.output, **child.changes)
    except Exception as error:
        traceback.print_exc()
        return getattr(error, "exit_code", 1)
    return 0


def _fork(child: Child) -> int:
    number = os.fork()
    if number:
        return number
    log = os.open(child.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        code = live(child)
    finally:
        # Nothing of what the parent holds is ended with it.
        sys.stdout.flush()
        os._exit(code)


def _wait(children: list[int]) -> list[int]:
    """Returns how each ended: an exit code, or a signal's number below 0."""
    codes: dict[int, int] = {}
    while len(codes) < len(children):
        child, status = os.wait()
        codes[child] = os.waitstatus_to_exitcode(status)
        if codes[child] < 0:
            time.sleep(_SURVIVED)
            for other in set(children) - set(codes):
                os.kill(other, signal.SIGKILL)
    return [codes[child] for child in children]


def serve() -> None:
    """Reads, forks and answers until the input ends."""
    # All of it, so that no child has to.
    import pipelines.doctor.second_reading
    import pipelines.doctor.settings_tried  # noqa: F401

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        children = [Child(**each) for each in json.loads(line)]
        codes = _wait([_fork(child) for child in children])
        print(json.dumps(codes), file=answers, flush=True)


if __name__ == "__main__":
    serve()
