"""Being asked to stop, and one process a folder."""

import os
import signal
import subprocess
import sys

import pytest

from pipelines.runs.interruption import stop_requests
from pipelines.runs.lock import LOCK
from pipelines.runs.lock import FolderLock
from zoo.errors import RequestError


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_noted_and_handlers_are_put_back(number):
    before = signal.getsignal(number)
    with stop_requests() as stop:
        assert not stop and stop.name == "another worker"
        os.kill(os.getpid(), number)
        assert stop and stop.name == number.name
    assert signal.getsignal(number) is before


def test_the_second_signal_ends_the_process():
    program = (
        "import os, signal, sys; sys.path.insert(0, os.getcwd())\n"
        "from pipelines.runs.interruption import *\n"
        "with stop_requests() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print(stop.name, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('still here')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 130 and done.stdout == "SIGINT\n"


def test_a_folder_has_one_owner(tmp_path):
    lock = FolderLock(tmp_path)
    with pytest.raises(RequestError, match=f"by process {os.getpid()} on"):
        FolderLock(tmp_path)
    lock.release()
    lock.release()
    FolderLock(tmp_path).release()
    assert (tmp_path / LOCK).is_file()


def test_before_the_first_step_it_is_saved_too():
    """What starts it again knows one code, whenever it was stopped."""
    program = (
        "import os, signal, sys; sys.path.insert(0, os.getcwd())\n"
        "from pipelines.runs.interruption import *\n"
        "end_by_sigterm()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)\n"
        "with stop_requests() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print(stop.name, flush=True)\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "except Interrupted as error:\n"
        "    print(error)\n"
        "    sys.exit(error.exit_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 75, done
    helper, noted, said = done.stdout.splitlines()
    # A process that helps has nothing to say.
    assert (helper, noted) == ("143", "SIGTERM")
    assert said.startswith("stopped by SIGTERM while no step was taken")
