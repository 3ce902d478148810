"""Stopped, killed or started twice: real processes of `apps.train`."""

import os
import re
import shlex
import signal
import subprocess
import sys
import types

import pytest

from apps import listening
from apps import train
from pipelines.runs.checkpoints import steps_of

_PATIENCE = 120


@pytest.fixture
def settings(photos):
    return [
        f"--data={photos}",
        "--model=alexnet_cifar",
        "--image_size=16",
        "--global_batch_size=4",
        "--epochs=8",
        "--precision=float32",
        "--checkpoint_steps=1",
    ]


def test_one_process_at_a_time_and_the_command_that_goes_on(
    command, settings, victim, tmp_path
):
    words, run = [sys.executable, "-m", "apps.train", *settings], tmp_path / "r"
    with victim(words, run, tmp_path / "first.log") as process:
        process.live(1)
        # So that it does not end meanwhile.
        process.send(signal.SIGSTOP)
        second = command(train, *settings, f"--output={run}")
        assert second.code == 2
        assert f"in use by process {process.pid} on" in second.err
        assert len(second.err.strip().splitlines()) == 1
        process.send(signal.SIGKILL)
        process.wait(_PATIENCE)
    # What the kernel locked it has let go.
    with victim(words, run, tmp_path / "second.log") as process:
        process.live(1)
        process.send(signal.SIGTERM)
        assert process.wait(_PATIENCE) == 75, process.said
        process.check()
        last = process.said.strip().splitlines()[-1]
    found = re.fullmatch(
        r"error: stopped by SIGTERM after step (\d+); all of it is saved in "
        rf"{run}/checkpoints\. Go on with: (.*)",
        last,
    )
    assert found, last
    python, option, module, *rest = shlex.split(found[2])
    assert (python, option, module) == ("python", "-m", "apps.train")
    third = command(train, *rest)
    assert third.code == 0, third
    assert f"going on after step {found[1]} " in third.out
    assert "top-1" in third.out


def test_whoever_read_the_output_has_left(settings, tmp_path):
    """As behind `| head`: the run stops after its step, and has saved it."""
    words = [sys.executable, "-m", "apps.train", *settings, "--epochs=500"]
    with subprocess.Popen(
        [*words, f"--output={tmp_path / 'r'}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not process.stdout.readline().startswith("epoch 1/"):
            assert process.poll() is None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 75, said
    warning, error = said.splitlines()[-2:]
    assert warning.startswith("warning: nobody reads the output any more")
    step = re.match(r"error: stopped by SIGTERM after step (\d+); all", error)
    assert steps_of(tmp_path / "r" / "checkpoints")[-1] == int(step[1])


def test_a_run_stops_where_both_streams_are_the_broken_pipe(monkeypatch):
    """As behind `2>&1 | head`: the warning cannot be said either."""
    sent, gone = [], types.SimpleNamespace(write=_broken, flush=_broken)
    monkeypatch.setattr(listening, "to_nowhere", lambda: None)
    monkeypatch.setattr(os, "kill", lambda *words: sent.append(words))
    monkeypatch.setattr(sys, "stdout", gone)
    monkeypatch.setattr(sys, "stderr", gone)
    with listening.saving_what_is_reached():
        print("epoch 1/2", flush=True)
    assert sent[0] == (os.getpid(), signal.SIGTERM)


def _broken(*_):
    raise BrokenPipeError(32, "Broken pipe")
