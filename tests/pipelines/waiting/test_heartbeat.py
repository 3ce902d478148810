"""What is told of long work: on a terminal, and in a file, by a made clock."""

import io
import sys
import threading
import time

import pytest

from pipelines.waiting import work as work_file
from pipelines.waiting.durations import duration
from pipelines.waiting.heartbeat import Heartbeat
from pipelines.waiting.heartbeat import heartbeat
from pipelines.waiting.heartbeat import speaking
from pipelines.waiting.work import Work
from pipelines.waiting.work import begin
from pipelines.waiting.work import current
from pipelines.waiting.work import end
from pipelines.waiting.work import going_on
from pipelines.waiting.work import long_at_first
from pipelines.waiting.work import work


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch):
    monkeypatch.setattr(work_file, "_going_on", [])


def live(heart, start, seconds):
    """Beats for a while, four times a second."""
    for number in range(int(seconds * 4)):
        heart.beat(start + number / 4)


def on_screen(written):
    """What a terminal shows of its last line, after each rewriting."""
    shown = []
    line = ""
    for part in written.split("\r"):
        line = part + line[len(part) :]
        shown.append(line.rstrip())
    return shown


def test_short_work_is_not_told():
    log = io.StringIO()
    heart = Heartbeat(log)
    for number in range(20):
        with work(f"piece {number}"):
            live(heart, 1.5 * number, 1.25)
    assert log.getvalue() == ""


def test_a_log_names_long_work_once_and_says_how_far_it_is():
    log = io.StringIO()
    heart = Heartbeat(log)
    with work("reading", "picture") as reading:
        live(heart, 0, 3)
        assert log.getvalue() == ""
        reading.count(100, 1000)
        live(heart, 3, 27)
        assert log.getvalue() == "reading …\n"
        reading.count(200, 1000)
        live(heart, 30, 40)
    assert log.getvalue().splitlines() == [
        "reading …",
        "reading: 200 of 1,000 pictures · 33 s, about 2 min left",
        "reading: 200 of 1,000 pictures · 63 s, about 4 min left",
    ]
    # The same again has its name already.
    with work("reading"):
        live(heart, 70, 20)
    assert len(log.getvalue().splitlines()) == 3


def test_what_has_a_line_of_its_own_is_not_named():
    log = io.StringIO()
    heart = Heartbeat(log)
    with work("epoch 1/2", "step", after=None):
        live(heart, 0, 29)
        assert log.getvalue() == ""
        with speaking():
            # Of no heart that beats: nothing happens.
            pass
        live(heart, 29, 2)
    assert log.getvalue() == "epoch 1/2 … 30 s\n"


def test_many_short_pieces_are_no_long_silence():
    log = io.StringIO()
    heart = Heartbeat(log)
    with work("run", after=None):
        for number in range(40):
            with work(f"piece {number}"):
                live(heart, 2 * number, 2)
    lines = log.getvalue().splitlines()
    assert lines == ["piece 15 … 0 s", "piece 30 … 0 s"]


def test_whoever_speaks_puts_the_next_line_off():
    log = io.StringIO()
    heart = Heartbeat(log)
    with work("run", after=None):
        live(heart, 0, 29)
        with heart.speaking():
            log.write("epoch 1\n")
        live(heart, 29, 29)
        assert log.getvalue() == "epoch 1\n"
        live(heart, 58, 2)
    assert log.getvalue() == "epoch 1\nrun … 59 s\n"


def test_a_terminal_has_a_bar_that_moves_though_nothing_comes():
    screen = Terminal()
    heart = Heartbeat(screen)
    with work("reading", "picture") as reading:
        reading.count(25, 100)
        live(heart, 0, 10)
    shown = on_screen(screen.getvalue())
    assert shown[0].startswith("reading:  25%|")
    assert "25/100 [00:00" in shown[0] and "25/100 [00:09" in shown[-1]
    heart.beat(10)
    assert on_screen(screen.getvalue())[-1] == ""


def test_a_terminal_shows_what_is_long_within_what_is_counted():
    screen = Terminal()
    heart = Heartbeat(screen)
    with work("epoch 1/2", "step", after=None) as epoch:
        epoch.count(0, 93)
        with work("compiling"):
            live(heart, 0, 2)
            assert on_screen(screen.getvalue())[-2].startswith("epoch 1/2:")
            live(heart, 2, 2)
            assert on_screen(screen.getvalue())[-2] == "compiling … 4 s"
        epoch.note = "loss 0.5"
        heart.beat(5)
    assert on_screen(screen.getvalue())[-1].endswith("loss 0.5]")
    lines = on_screen(screen.getvalue())
    assert all(len(line) < 80 for line in lines)


def test_a_line_that_is_said_has_the_terminal_to_itself():
    screen = Terminal()
    heart = Heartbeat(screen)
    with work("reading") as reading:
        live(heart, 0, 4)
        assert on_screen(screen.getvalue())[-2] == "reading … 4 s"
        with heart.speaking():
            assert on_screen(screen.getvalue())[-1] == ""
        live(heart, 4, 2)
        assert on_screen(screen.getvalue())[-1] == ""
        reading.count(1, 2)
        heart.beat(6)
        assert "1/2" in on_screen(screen.getvalue())[-2]


def test_bytes_are_told_as_such():
    log = io.StringIO()
    heart = Heartbeat(log)
    for piece, total in ("a", 200 * 2**20), ("b", None):
        log.seek(0), log.truncate()
        with work(piece, "B", after=None) as fetching:
            fetching.count(50 * 2**20, total)
            heart.beat(0)
            with heart.speaking():
                pass
            live(heart, 0, 31)
        told = {"a": "a: 50 of 200 MiB · 30 s, about 90 s left\n"}
        assert log.getvalue() == told.get(piece, "b: 50 MiB · 30 s\n")


def test_a_stream_that_is_gone_stops_nobody():
    log = io.StringIO()
    heart = Heartbeat(log)
    log.close()
    with work("reading"):
        live(heart, 0, 40)
        with heart.speaking():
            pass


def test_one_heart_beats_and_ends(monkeypatch, capsys):
    monkeypatch.setattr("pipelines.waiting.heartbeat._BEAT", 0.01)
    named = threading.Event()

    class Log(io.StringIO):
        def flush(self):
            named.set()

    log, before = Log(), threading.active_count()
    with heartbeat(log), heartbeat(), work("reading", after=0.02):
        assert threading.active_count() == before + 1
        assert named.wait(30)
    assert threading.active_count() == before
    assert log.getvalue() == "reading …\n"
    assert capsys.readouterr() == ("", "")


def test_what_fails_is_over_with_all_within():
    with pytest.raises(ZeroDivisionError), work("outer"):
        begin(Work("inner"))
        raise ZeroDivisionError
    assert going_on() == []
    outer, inner = begin(Work("outer")), begin(Work("inner"))
    end(inner)
    end(inner)
    assert going_on() == [outer] and current() is outer


def test_what_another_thread_does_stays():
    with work("outer"):
        thread = threading.Thread(target=lambda: begin(Work("theirs")))
        thread.start()
        thread.join()
        assert current().label == "outer"
        assert going_on()[-1].label == "theirs"
    assert [piece.label for piece in going_on()] == ["theirs"]


def test_a_first_call_is_work():
    seen = []

    def function(number):
        seen.append([piece.label for piece in going_on()])
        return 2 * number

    double = long_at_first(function, "compiling")
    assert (double(2), double(3)) == (4, 6)
    assert seen == [["compiling"], []]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (48.4, "48 s"),
        (99.4, "99 s"),
        (100, "2 min"),
        (720, "12 min"),
        (5940, "99 min"),
        (6000, "1 h 40 min"),
        (12_000, "3 h 20 min"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_what_stands_for_the_error_stream_is_written_to(monkeypatch):
    """A notebook's stream has the number of its server's terminal."""
    cell = io.StringIO()
    cell.fileno = lambda: sys.__stderr__.fileno()
    monkeypatch.setattr(sys, "stderr", cell)
    with heartbeat(), work("reading", after=0.0):
        for _ in range(100):
            if cell.getvalue():
                break
            time.sleep(0.05)
    assert cell.getvalue() == "reading …\n"


@pytest.mark.parametrize(
    ("unit", "many"),
    [("picture", "pictures"), ("batch", "batches"), ("turn", "turns")],
)
def test_more_than_one_is_named_so(unit, many):
    log = io.StringIO()
    heart = Heartbeat(log)
    with work("judging", unit) as judging:
        live(heart, 0, 30)
        judging.count(2, 4)
        live(heart, 30, 10)
    assert f"judging: 2 of 4 {many} · 33 s, about 33 s left\n" in log.getvalue()
