"""Where nobody reads the output any more, as behind `| head`."""

import contextlib
import os
import signal
import sys


def to_nowhere() -> None:
    """Sends what is still to be said nowhere; Python would complain of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def leave_quietly() -> None:
    """Ends as a program does that a pipe has nothing behind."""
    to_nowhere()
    sys.exit(128 + signal.SIGPIPE)


class _Watched:
    """The standard output of a run."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        self._try(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, do, *arguments) -> None:
        try:
            do(*arguments)
        except BrokenPipeError:
            to_nowhere()
            # The error stream may have been the same pipe.
            with contextlib.suppress(OSError):
                print(
                    "warning: nobody reads the output any more: the run "
                    "stops, and saves what it has reached",
                    file=sys.stderr,
                    flush=True,
                )
            os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def saving_what_is_reached():
    """Stops a run as SIGTERM does where whoever read the output has left.

    Hours of work do not end with a line that nobody reads.
    """
    plain = sys.stdout
    sys.stdout = _Watched(plain)
    try:
        yield
    finally:
        sys.stdout = plain
