"""Being told to stop: finish the step, save, say how to go on."""

import contextlib
import os
import signal

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# What sysexits.h calls EX_TEMPFAIL: try again.
EXIT_CODE = 75


class Interrupted(Exception):
    """A run was stopped from outside; what it had reached is saved."""

    exit_code = EXIT_CODE


class StopRequest:
    """Whether somebody has asked the process to stop.

    The first SIGTERM or SIGINT (Ctrl-C) is noted, and the run stops after
    its step. The second one ends the process at once: what is on the disk is
    whole at any moment.
    """

    def __init__(self):
        self.signal: signal.Signals | None = None

    def __bool__(self) -> bool:
        return self.signal is not None

    def note(self, number, frame=None) -> None:
        if self.signal is not None:
            os._exit(128 + number)
        self.signal = signal.Signals(number)

    @property
    def name(self) -> str:
        return self.signal.name if self.signal else "another worker"


def end_by_sigterm() -> None:
    """Has SIGTERM end this process with a word, while no step is taken.

    Around its steps `stop_requests` takes the signal's place. Outside the
    main thread, where Python takes no signals, it does nothing.
    """
    process = os.getpid()

    def end(number, frame=None):
        if os.getpid() != process:
            # A process that helps, which has nothing to say.
            os._exit(128 + number)
        raise Interrupted(
            f"stopped by {signal.Signals(number).name} while no step was "
            "taken; what had been reached is saved"
        )

    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, end)


@contextlib.contextmanager
def stop_requests():
    """Notes signals for as long as it lasts; yields a `StopRequest`.

    Outside the main thread, where Python takes no signals, it does nothing.
    """
    request = StopRequest()
    before = {}
    try:
        for number in _SIGNALS:
            before[number] = signal.signal(number, request.note)
    except ValueError:
        before = {}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
