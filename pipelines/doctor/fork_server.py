"""Starts runs in processes that need not import anything first."""

import dataclasses
import json
import os
import pathlib
import select
import socket
import subprocess
import sys

from pipelines.doctor.moments import Moment
from pipelines.doctor.trials import Trouble
from pipelines.waiting.durations import duration

_ROOT = pathlib.Path(__file__).parents[2]
# Seconds after which a start will not end any more.
_PATIENCE = 600


class ForkServer:
    """A process that has imported all and forks. As a context, it ends it.

    Args:
        log: The file that takes what it says itself.
    """

    def __init__(self, log):
        self._file = open(log, "ab")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.doctor.forked"],
            cwd=_ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._file,
            text=True,
        )

    def __enter__(self):
        if self._answer() != "ready":
            raise Trouble(f"no run can be started; see {self._file.name}")
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._file):
            pipe.close()

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
            name: One of `pipelines.doctor.settings_tried.SETTINGS`.
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
            Trouble: It does not end.
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
        print(json.dumps(starts), file=self._process.stdin, flush=True)
        return json.loads(self._answer())[0]

    def _answer(self) -> str:
        stdout = self._process.stdout
        if not select.select([stdout], [], [], _PATIENCE)[0]:
            raise Trouble(f"no end within {duration(_PATIENCE)}")
        line = stdout.readline()
        if not line:
            raise Trouble(f"no run can be started; see {self._file.name}")
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
