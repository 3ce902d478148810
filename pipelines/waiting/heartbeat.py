"""Telling a person what takes so long: a bar on a terminal, lines in a log."""

import contextlib
import io
import os
import sys
import threading
import time

from pipelines.waiting import work
from pipelines.waiting.durations import duration

# Nothing is silent for longer in a file or a notebook.
QUIET = 30.0
# Seconds from one look to the next.
_BEAT = 0.25
_SCREEN = 80


class Heartbeat:
    """Looks at what is going on and tells of it.

    On a terminal it draws a bar, or how long a piece of work has taken, on
    the last line and takes it away again. Elsewhere it names what takes
    longer than `Work.after`, and says how far it is where nothing was said
    for `QUIET` seconds.

    Args:
        stream: Where to write.

    Example:

    ```python
    import io
    from pipelines.waiting.heartbeat import Heartbeat
    from pipelines.waiting.work import work
    log = io.StringIO()
    heart = Heartbeat(log)
    with work("reading", "file") as reading:
        heart.beat(0)
        heart.beat(4)
        reading.count(10, 40)
        heart.beat(34)
    assert log.getvalue().splitlines() == [
        "reading …", "reading: 10 of 40 files · 34 s, about 2 min left"]
    ```
    """

    def __init__(self, stream):
        self._stream = stream
        self._draws = stream.isatty()
        self._drawn = 0
        # What is done again and again is named once.
        self._named: set[str] = set()
        # When something was said for the last time; None for just now.
        self._last: float | None = None
        self._lock = threading.RLock()

    def beat(self, now: float) -> None:
        """Looks, and tells what there is to tell.

        Args:
            now: What a clock shows, in seconds.
        """
        with self._lock, contextlib.suppress(OSError, ValueError):
            pieces = work.going_on()
            for piece in pieces:
                piece.since = now if piece.since is None else piece.since
            if self._last is None:
                self._last = now
            if self._draws:
                self._draw(pieces, now)
            elif pieces:
                self._log(pieces, now)

    @contextlib.contextmanager
    def speaking(self):
        """While somebody else writes: the last line is free."""
        with self._lock:
            with contextlib.suppress(OSError, ValueError):
                self._clear()
            self._last = None
            yield

    def _log(self, pieces, now: float) -> None:
        lines = []
        for piece in pieces:
            long = piece.after is not None and now - piece.since >= piece.after
            if long and piece.label not in self._named:
                self._named.add(piece.label)
                lines.append(f"{piece.label} …")
        if not lines and now - self._last >= QUIET:
            lines.append(_told(pieces[-1], now))
        if lines:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
            self._last = now

    def _draw(self, pieces, now: float) -> None:
        shown = (each for each in reversed(pieces) if self._shows(each, now))
        piece = next(shown, None)
        if piece is None:
            self._clear()
            return
        room = _columns(self._stream) - 1
        text = _bar(piece, now - piece.since, room)[:room]
        # What others write without a word begins at the line's beginning.
        self._stream.write(f"{text}{' ' * (self._drawn - len(text))}\r")
        self._stream.flush()
        self._drawn = len(text)

    def _shows(self, piece, now: float) -> bool:
        """Whether a terminal shows a piece: what is counted, and what is long.

        What takes a moment does not take the line from what goes on around.
        """
        if piece.total is not None:
            return True
        if piece.after is None:
            return now - self._last >= work.LONG
        return now - max(piece.since, self._last) >= piece.after

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write(f"{' ' * self._drawn}\r")
            self._stream.flush()
            self._drawn = 0


def _told(piece, now: float) -> str:
    """How far a piece of work is, as one line of a log."""
    spent = now - piece.since
    if not piece.done:
        return f"{piece.label} … {duration(spent)}"
    if piece.unit == "B":
        done = f"{piece.done / 2**20:,.0f}"
        whole = f" of {piece.total / 2**20:,.0f} MiB" if piece.total else " MiB"
    else:
        many = f"{piece.unit}{'es' if piece.unit.endswith('ch') else 's'}"
        done, whole = f"{piece.done:,}", f" {many}"
        if piece.total:
            whole = f" of {piece.total:,} {many}"
    left = ""
    if piece.total and piece.done < piece.total:
        seconds = spent / piece.done * (piece.total - piece.done)
        left = f", about {duration(seconds)} left"
    return f"{piece.label}: {done}{whole} · {duration(spent)}{left}"


def _bar(piece, spent: float, columns: int) -> str:
    """How far a piece of work is, as one line of a terminal."""
    if piece.total is None:
        return f"{piece.label} … {duration(spent)}"
    from tqdm import tqdm

    return tqdm.format_meter(
        piece.done,
        piece.total,
        spent,
        ncols=columns,
        prefix=piece.label,
        unit=piece.unit,
        unit_scale=piece.unit == "B",
        postfix=piece.note or None,
    )


def _columns(stream) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _SCREEN
    except (OSError, ValueError):
        # What has no file descriptor raises one that is both.
        return _SCREEN


_beating: Heartbeat | None = None


@contextlib.contextmanager
def heartbeat(stream=None):
    """Tells what takes long as long as the context lasts.

    Inside of another it does nothing: one heart is enough.

    Args:
        stream: Where to write; the error stream as it is now where None,
            wherever that is sent meanwhile.

    Example:

    ```python
    from pipelines.waiting.heartbeat import heartbeat
    from pipelines.waiting.work import work
    with heartbeat(), work("reading"):
        pass
    ```
    """
    global _beating
    if _beating is not None:
        yield
        return
    with contextlib.ExitStack() as opened:
        heart = Heartbeat(stream or opened.enter_context(_error_stream()))
        stop = threading.Event()

        def live():
            while not stop.wait(_BEAT):
                heart.beat(time.monotonic())

        thread = threading.Thread(target=live, name="heartbeat", daemon=True)
        heart.beat(time.monotonic())
        _beating = heart
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            _beating = None
            with heart.speaking():
                pass


def _own_number() -> int:
    """Returns the number of the error stream that the process began with.

    What stands for it in a notebook has one too: of the terminal that the
    notebook's server was started from, where nobody looks.
    """
    if sys.stderr is None or sys.stderr is not sys.__stderr__:
        raise ValueError("Another stream stands for the error stream.")
    return sys.stderr.fileno()


@contextlib.contextmanager
def _error_stream():
    """The error stream, though its number be given to a file meanwhile."""
    try:
        number = os.dup(_own_number())
    except (OSError, ValueError):
        # What stands for it in a notebook or a test, or nothing at all.
        yield sys.stderr or io.StringIO()
        return
    with open(
        number, "w", encoding=sys.stderr.encoding, errors="replace"
    ) as stream:
        yield stream


@contextlib.contextmanager
def speaking():
    """While something is written for a person; the line for it is free."""
    with _beating.speaking() if _beating else contextlib.nullcontext():
        yield


# A child has the parent's heart and no thread that lets it beat: of its lock
# nobody knows who has it.
def _forget() -> None:
    global _beating
    _beating = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
