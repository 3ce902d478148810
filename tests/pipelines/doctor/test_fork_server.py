"""The process that forks: what it answers, and that nothing outlives it."""

import os
import signal
import sys
import time

import pytest

from pipelines.doctor import fork_server
from pipelines.doctor.fork_server import ForkServer
from pipelines.doctor.fork_server import log_of
from pipelines.doctor.trials import Trouble

# What a child does is its kind's name.
_SERVER = """
import os
import time

from pipelines.doctor import forked

def live(child):
    print(os.getpid(), flush=True)
    if child.name == "die":
        os.kill(os.getpid(), 9)
    time.sleep({"quick": 0, "die": 0}.get(child.name, 600))
    return 3

forked.live = live
forked._IMPORTED = ()
forked.serve()
"""


@pytest.fixture
def server(monkeypatch, tmp_path):
    """Returns a function that starts one, whose children only pretend."""
    command = (sys.executable, "-c", _SERVER)
    monkeypatch.setattr(fork_server, "_COMMAND", command)
    return lambda patience=60: ForkServer(tmp_path / "log", patience)


def child_of(output):
    """Waits for a child's first word, its number."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if log_of(output).exists() and log_of(output).read_text():
            return int(log_of(output).read_text())
        time.sleep(0.01)
    raise AssertionError("no child")


def ends(number):
    """Waits until there is no such process any more."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_answers(server, tmp_path):
    with server() as started:
        assert started.run("quick", tmp_path, tmp_path / "a") == 3
        assert started.run("die", tmp_path, tmp_path / "b") == -signal.SIGKILL
        # Of several the others end with it, and the next answer is the next.
        killed = started.run("die", tmp_path, tmp_path / "c", workers=2)
        assert killed == -signal.SIGKILL
        assert started.run("quick", tmp_path, tmp_path / "a") == 3


def test_a_start_that_does_not_end_is_ended(server, tmp_path):
    with server(1) as started:
        with pytest.raises(Trouble, match="no end within 1 s"):
            started.run("sleep", tmp_path, tmp_path / "a")
        assert ends(child_of(tmp_path / "a"))
        # What is asked next is answered for itself.
        assert started.run("quick", tmp_path, tmp_path / "b") == 3


def test_a_server_that_is_gone_is_told(server, tmp_path):
    with server() as started:
        os.kill(started._process.pid, signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(Trouble, match="no run can be started; see"):
                started.run("quick", tmp_path, tmp_path / "a")


def test_a_server_that_does_not_come_up(monkeypatch, tmp_path):
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    monkeypatch.setattr(fork_server, "_COMMAND", command)
    monkeypatch.setattr(fork_server, "_GRACE", 0)
    one = ForkServer(tmp_path / "log", 0.5)
    with pytest.raises(Trouble, match="no answer within"), one:
        pass
    assert one._process.returncode == -signal.SIGKILL


def test_nothing_outlives_it(server, tmp_path):
    """A child that still runs ends with the server, however that ends."""
    with server() as started:
        line = fork_server.json.dumps(
            {
                "children": [
                    {
                        "name": "sleep",
                        "place": "",
                        "output": "",
                        "log": str(log_of(tmp_path / "a")),
                    }
                ],
                "patience": 600,
            }
        )
        print(line, file=started._process.stdin, flush=True)
        child = child_of(tmp_path / "a")
    assert ends(child)
