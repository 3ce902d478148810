"""Starts runs in processes that need not import anything first."""

import contextlib
import dataclasses
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys

from pipelines.doctor.moments import Moment
from pipelines.doctor.trials import Trouble
from pipelines.waiting.durations import duration

_COMMAND = (sys.executable, "-m", "pipelines.doctor.forked")
_ROOT = pathlib.Path(__file__).parents[2]
# Seconds after which a start will not end any more, and those that whoever
# has to end it may take.
_PATIENCE = 600
_GRACE = 30


class ForkServer:
    """A process that has imported all and forks. As a context, it ends it.

    What it has forked is of its group, and ends with it.

    Args:
        log: The file that takes what it says itself.
        patience: Seconds that a start may take.
    """

    def __init__(self, log, patience: float = _PATIENCE):
        self._patience = patience
        self._log = log
        with open(log, "ab") as file:
            self._process = subprocess.Popen(
                _COMMAND,
                cwd=_ROOT,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                start_new_session=True,
            )

    def __enter__(self):
        try:
            if self._answer() != "ready":
                raise self._gone()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._end()
        for pipe in (self._process.stdin, self._process.stdout):
            # What was not read of it any more is nobody's loss.
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _end(self) -> None:
        """Ends it and what it has forked."""
        if self._process.returncode is None:
            # Not waited for yet: the number is still its own.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _gone(self) -> Trouble:
        return Trouble(f"no run can be started; see {self._log}")

    def run(
        self,
        name: str,
        place,
        output,
        *,
        moment: Moment | None = None,
        workers: int = 1,
        **changes,
    ) -> int:
        """Carries a run out, on one or several workers of this machine.

        Args:
            name: One of `pipelines.doctor.kinds.SETTINGS`.
            place: The folder with its pictures.
            output: Its folder; beside it lies the log of each worker.
            moment: When the first worker dies, and all others with it; None
                for never.
            workers: How many there are.
            changes: Other settings.

        Returns:
            How the first worker ended: with an exit code, or by a signal
            whose number it is, below 0.

        Raises:
            Trouble: It does not end, or the process that forks has.
        """
        ports = free_ports(workers) if workers > 1 else [None]
        starts = [
            {
                "name": name,
                "place": str(place),
                "output": str(output),
                "log": str(log_of(output, index)),
                "moment": moment and not index and dataclasses.asdict(moment),
                "cluster": _cluster(ports, index) if workers > 1 else None,
                "changes": changes,
            }
            for index in range(len(ports))
        ]
        asked = {"children": starts, "patience": self._patience}
        try:
            print(json.dumps(asked), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise self._gone() from None
        codes = json.loads(self._answer())
        if codes is None:
            raise Trouble(f"no end within {duration(self._patience)}")
        return codes[0]

    def _answer(self) -> str:
        """Waits for a line.

        Raises:
            Trouble: There is none. The process is ended then: the next answer
                would be that to another question.
        """
        stdout = self._process.stdout
        if not select.select([stdout], [], [], self._patience + _GRACE)[0]:
            self._end()
            raise Trouble(f"no answer within {duration(self._patience)}")
        line = stdout.readline()
        if not line:
            self._end()
            raise self._gone()
        return line.strip()


def log_of(output, worker: int = 0) -> pathlib.Path:
    """Returns the file that takes what a worker of a run says."""
    output = pathlib.Path(output)
    return output.with_name(f"{output.name}.{worker}.log")


def free_ports(count: int) -> list[int]:
    """Returns ports of this machine that nobody listens at."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _cluster(ports: list[int], index: int) -> str:
    """Returns what a worker finds in the variable TF_CONFIG."""
    addresses = [f"127.0.0.1:{port}" for port in ports]
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": addresses}, "task": task})
