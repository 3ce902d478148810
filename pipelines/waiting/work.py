"""Which work is being done, for a heartbeat to tell.

Whoever begins something that may take seconds says so here. Nothing is printed
and nothing is timed: `pipelines.waiting.heartbeat` looks at what is going on
and tells a person where it takes long.
"""

import contextlib
import threading

# What takes longer is told.
LONG = 3.0


class Work:
    """A piece of work.

    Args:
        label: What is being done, in a few words.
        unit: What is counted of it; "B" for bytes, empty where nothing is.
        after: Seconds after which a log names it; None where a line names it
            anyway.
    """

    def __init__(self, label: str, unit: str = "", after: float | None = LONG):
        self.label = label
        self.unit = unit
        self.after = after
        self.done = 0
        self.total: int | None = None
        # What else a bar shows behind its numbers.
        self.note = ""
        self.thread = threading.get_ident()
        # When a heartbeat first saw it.
        self.since: float | None = None

    def count(self, done: int, total: int | None) -> None:
        """Says how much of it is done.

        Args:
            done: So many units.
            total: In all; None where nobody knows.
        """
        self.done, self.total = done, total


_going_on: list[Work] = []
_lock = threading.Lock()


def begin(piece: Work) -> Work:
    """Says that a piece of work has begun, and returns it."""
    with _lock:
        _going_on.append(piece)
    return piece


def end(piece: Work) -> None:
    """Says that a piece of work is over, and all that was begun within it."""
    with _lock:
        if piece not in _going_on:
            return
        place = _going_on.index(piece)
        _going_on[place:] = [
            each
            for each in _going_on[place:]
            if each is piece or each.thread != piece.thread
        ]
        _going_on.remove(piece)


@contextlib.contextmanager
def work(label: str, unit: str = "", *, after: float | None = LONG):
    """Says what is being done as long as the context lasts.

    Args:
        label: As of `Work`.
        unit: As of `Work`.
        after: As of `Work`.

    Example:

    ```python
    from pipelines.waiting.work import going_on, work
    with work("sorting", "page") as sorting:
        sorting.count(3, 10)
        assert going_on()[-1].label == "sorting"
    assert sorting not in going_on()
    ```
    """
    piece = begin(Work(label, unit, after))
    try:
        yield piece
    finally:
        end(piece)


def going_on() -> list[Work]:
    """Returns what is being done, the innermost last."""
    return list(_going_on)


def current() -> Work | None:
    """Returns the innermost piece that this thread has begun."""
    here = threading.get_ident()
    mine = (each for each in reversed(going_on()) if each.thread == here)
    return next(mine, None)


def long_at_first(function, label: str):
    """Returns the same function, whose first call is work of its own.

    Args:
        function: What is traced or compiled when it is first called.
        label: As of `Work`.
    """
    called = False

    def call(*arguments):
        nonlocal called
        if called:
            return function(*arguments)
        with work(label):
            found = function(*arguments)
        called = True
        return found

    return call
