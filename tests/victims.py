"""Processes that train, and are ended from outside."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

import pipelines

_ROOT = pathlib.Path(pipelines.__file__).parents[1]
# Seconds without a new checkpoint, after which none will come.
_PATIENCE = 300
_LOOK_EVERY = 0.002
_GOING_ON = re.compile(r"going on after step ([\d,]+)")
_LAST_WORDS = 200


class Victim:
    """A process that trains into a folder. As a context, it ends with it.

    Args:
        command: The words of the command, without `--output`.
        output: The folder, absolute.
        log: The file that takes all it says; written over.
    """

    def __init__(self, command: list[str], output, log):
        self._checkpoints = pathlib.Path(output) / "checkpoints"
        self._log = pathlib.Path(log)
        self._before = self.saved
        with open(log, "wb") as file:
            self._process = subprocess.Popen(
                [*command, f"--output={output}"],
                cwd=_ROOT,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def saved(self) -> int:
        """The step of the newest checkpoint, 0 where there is none."""
        from pipelines.runs.checkpoints import steps_of

        return max(steps_of(self._checkpoints), default=0)

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def live(self, checkpoints: int) -> None:
        """Waits until it has written so many checkpoints.

        Raises:
            AssertionError: It ended before, or wrote none for long.
        """
        last, until = self._before, time.monotonic() + _PATIENCE
        while checkpoints > 0:
            saved = self.saved
            if saved > last:
                last, until = saved, time.monotonic() + _PATIENCE
                checkpoints -= 1
            if self._process.poll() is not None:
                raise AssertionError(
                    f"it ended before it was killed: {self._end}"
                )
            if time.monotonic() > until:
                raise AssertionError(f"no checkpoint within {_PATIENCE} s")
            time.sleep(_LOOK_EVERY)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self._process.send_signal(number)

    def wait(self, seconds: float | None = None) -> int:
        """Waits for its end, and returns the exit code."""
        return self._process.wait(seconds)

    def check(self) -> None:
        """Looks whether it went on from the last checkpoint or a later one.

        Raises:
            AssertionError: It did not.
        """
        if not self._before:
            return
        found = _GOING_ON.search(self.said)
        first = int(found.group(1).replace(",", "")) if found else 0
        if first < self._before:
            raise AssertionError(
                f"there was a checkpoint of step {self._before:,}, but the "
                f"next start went on after step {first:,}"
            )

    def finish(self) -> None:
        """Lets it come to its end.

        Raises:
            AssertionError: It failed.
        """
        if self.wait():
            raise AssertionError(f"a start failed: {self._end}")

    @property
    def _end(self) -> str:
        lines = self.said.strip().splitlines() or ["no word"]
        return f"exit code {self._process.poll()}, {lines[-1][:_LAST_WORDS]}"


@pytest.fixture(scope="session")
def victim():
    """A class: a process that trains, and is ended from outside."""
    return Victim
