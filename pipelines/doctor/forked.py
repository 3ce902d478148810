"""A process that has imported everything and forks for each run.

Importing takes longer than a small run does. Each line of the input is JSON:
`children`, a list (`Child`) that run beside one another, and `patience`, the
seconds after which they are ended. Each line of the output says how they
ended, null where it was by that. TensorFlow is not used before the fork: it
would not survive.
"""

import dataclasses
import importlib
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
_LOOK_EVERY = 0.01
# All of it, so that no child has to.
_IMPORTED = (
    "pipelines.doctor.second_reading",
    "pipelines.doctor.settings_tried",
)


@dataclasses.dataclass(frozen=True)
class Child:
    """One process.

    Args:
        name: One of `pipelines.doctor.kinds.SETTINGS`.
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


def _fork(child: Child, answers: int) -> int:
    number = os.fork()
    if number:
        return number
    # Whoever waits for an answer would wait for the child's end of it, too.
    os.close(answers)
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


def _wait(children: list[int], patience: float) -> list[int] | None:
    """Returns how each ended: an exit code, or a signal's number below 0.

    Args:
        children: Their ids.
        patience: Seconds after which they are ended.

    Returns:
        None where they did not end by themselves.
    """
    codes: dict[int, int] = {}
    until, parent, late = time.monotonic() + patience, os.getppid(), False
    while len(codes) < len(children):
        for child in set(children) - set(codes):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                codes[child] = os.waitstatus_to_exitcode(status)
        late = late or time.monotonic() > until or os.getppid() != parent
        is_killed = any(code < 0 for code in codes.values())
        if is_killed and len(codes) < len(children):
            time.sleep(_SURVIVED)
        if is_killed or late:
            # Not waited for yet: their numbers are still their own.
            for child in set(children) - set(codes):
                os.kill(child, signal.SIGKILL)
        time.sleep(_LOOK_EVERY)
    return None if late else [codes[child] for child in children]


def serve() -> None:
    """Reads, forks and answers until the input ends."""
    for module in _IMPORTED:
        importlib.import_module(module)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        children = [
            _fork(Child(**each), answers.fileno()) for each in asked["children"]
        ]
        codes = _wait(children, asked["patience"])
        print(json.dumps(codes), file=answers, flush=True)


if __name__ == "__main__":
    serve()
