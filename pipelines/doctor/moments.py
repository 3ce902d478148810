"""The moments at which a run may die: every file that it puts in its place.

What matters to a run's folder goes through three calls of the operating
system: a file is flushed, a file or a folder gets its name.
"""

import contextlib
import dataclasses
import os
import pathlib
import signal
import threading
import time
from collections.abc import Callable

BEFORE, BEHIND = "before", "behind"
CHECKPOINT = "a checkpoint"
_CALLS = ("fsync", "rename", "replace")
_TEMPORARY = ".tmp-"
# Of the moments that are drawn: about what a step and its checkpoint take.
_MOST_CALLS = 16
_LONGEST_DELAY = 0.05


@dataclasses.dataclass(frozen=True)
class Moment:
    """When a process dies.

    Args:
        side: `before` or `behind` a call.
        name: Of the file that is flushed or gets its name; `a checkpoint` is
            a checkpoint's folder; empty for any.
        call: One of the calls; empty for any.
        number: Which such call it is, from 1.
        delay: Seconds that pass until it dies, in which it goes on.
    """

    side: str
    name: str = ""
    call: str = ""
    number: int = 1
    delay: float = 0.0

    def __str__(self) -> str:
        if not self.name:
            return f"{self.delay:.3f} s behind call {self.number}"
        what = "is flushed" if self.call == "fsync" else "has its name"
        return f"{self.side} {self.name} {what}"

    def fits(self, side: str, call: str, name: str) -> bool:
        """Whether a call is one of those that are counted."""
        return (
            self.side == side
            and self.call in ("", call)
            and self.name in ("", name)
        )


def _named(name: str) -> tuple[Moment, Moment]:
    return (
        Moment(BEFORE, name, "replace"),
        Moment(BEHIND, name, "replace"),
    )


# In the order in which a run comes by.
AT_THE_START = _named("split.csv") + _named("config.json")
AT_A_CHECKPOINT = (
    *_named("best.safetensors"),
    Moment(BEHIND, "weights.safetensors", "fsync"),
    Moment(BEHIND, "state.safetensors", "fsync", 2),
    Moment(BEFORE, "MANIFEST.json", "fsync"),
    Moment(BEHIND, "MANIFEST.json", "fsync", 2),
    Moment(BEFORE, CHECKPOINT, "rename"),
    Moment(BEHIND, CHECKPOINT, "rename", 2),
)
AT_THE_END = (
    *_named("model.keras"),
    *_named("history.json"),
    *_named("report.html"),
    *_named("card.md"),
    *_named("predictions.csv"),
    *_named("metrics.json")[:1],
)
MOMENTS = (*AT_THE_START, *AT_A_CHECKPOINT, *AT_THE_END)


@contextlib.contextmanager
def watched(passed: Callable[[str, str, str], None]):
    """Tells each call, before and behind it, for as long as it lasts.

    Args:
        passed: Called with the side, the call and the name.
    """
    plain = {call: getattr(os, call) for call in _CALLS}

    def told(call):
        def instead(*arguments, **options):
            name = _name(arguments[-1])
            passed(BEFORE, call, name)
            done = plain[call](*arguments, **options)
            passed(BEHIND, call, name)
            return done

        return instead

    for call in _CALLS:
        setattr(os, call, told(call))
    try:
        yield
    finally:
        for call, function in plain.items():
            setattr(os, call, function)


class Fate:
    """Waits for a moment, whichever thread comes by it.

    Args:
        moment: To wait for.
        act: What is done then.
    """

    def __init__(self, moment: Moment, act: Callable[[], None]):
        self._moment = moment
        self._act = act
        self._found = 0
        self._lock = threading.Lock()

    def __call__(self, side: str, call: str, name: str) -> None:
        if not self._moment.fits(side, call, name):
            return
        with self._lock:
            self._found += 1
            due = self._found == self._moment.number
        if due:
            time.sleep(self._moment.delay)
            self._act()


def dying(moment: Moment | None):
    """Has this process die at a moment; a context, which does nothing else."""
    if moment is None:
        return contextlib.nullcontext()
    return watched(Fate(moment, lambda: os.kill(os.getpid(), signal.SIGKILL)))


def _name(place) -> str:
    """Returns what a file is called, whatever it was called before."""
    if isinstance(place, int):
        place = os.readlink(f"/proc/self/fd/{place}")
    path = pathlib.Path(place)
    if path.name.startswith(_TEMPORARY):
        return _TEMPORARY
    return CHECKPOINT if path.name.isdigit() else path.name


def at_random(chance) -> Moment:
    """Draws a moment: some calls and some hundredths of a second on.

    Args:
        chance: A `random.Random`.
    """
    return Moment(
        BEHIND,
        number=chance.randint(1, _MOST_CALLS),
        delay=chance.uniform(0, _LONGEST_DELAY),
    )
