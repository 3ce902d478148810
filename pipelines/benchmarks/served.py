"""A server in processes of its own, to be asked and ended."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import psutil

import pipelines
from zoo.errors import RequestError

_ROOT = pathlib.Path(pipelines.__file__).parents[1]
_ADDRESS = re.compile(r"serving at http://([\d.]+):(\d+)")
# Seconds for opening models, and for ending.
_PATIENCE = 600
_LOOK_EVERY = 0.1


class Served:
    """A server that listens.

    Args:
        process: That was started.
        log: The file that has all it said.
        host: Where it listens.
        port: Likewise.
    """

    def __init__(self, process, log: pathlib.Path, host: str, port: int):
        self.process = process
        self._log = log
        self.host = host
        self.port = port

    @property
    def said(self) -> str:
        """What it has printed."""
        return self._log.read_text(errors="replace")

    @property
    def processes(self) -> list[psutil.Process]:
        """All of its processes, the first one first."""
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    @property
    def mebibytes(self) -> float:
        """Of memory that its processes hold."""
        return sum(each.memory_info().rss for each in self.processes) / 2**20

    @property
    def cpu_seconds(self) -> float:
        """That its processes have computed."""
        times = [each.cpu_times() for each in self.processes]
        return sum(each.user + each.system for each in times)

    def stop(self) -> int:
        """Ends it as a system does, and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE)


@contextlib.contextmanager
def served(*words: str) -> Iterator[Served]:
    """Starts the command `serve` on a free port, and ends it.

    Args:
        words: Of the command, without its port.

    Raises:
        RequestError: It did not begin to listen; says what it said.
    """
    with tempfile.TemporaryDirectory(prefix="zoo-served-") as folder:
        log = pathlib.Path(folder) / "log"
        with open(log, "wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "apps", "serve", "--port=0", *words],
                cwd=_ROOT,
                env={**os.environ, "PYTHONPATH": str(_ROOT)},
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Served(process, log, *_listening(process, log))
        finally:
            if process.poll() is None:
                _kill(process)


def _listening(process, log: pathlib.Path) -> tuple[str, int]:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        text = log.read_text(errors="replace")
        if found := _ADDRESS.search(text):
            return found[1], int(found[2])
        if process.poll() is not None:
            raise RequestError(f"The server did not start: {text[-500:]}")
        time.sleep(_LOOK_EVERY)
    raise RequestError(f"The server did not listen within {_PATIENCE} s.")


def _kill(process) -> None:
    """Ends a process and its children, which would go on without it."""
    children = psutil.Process(process.pid).children(recursive=True)
    for each in (process, *children):
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait()
