"""Killing a run that only pretends: what is asked of it, and what is found."""

import sys

import keras
import numpy as np
import pytest
import safetensors.numpy

from pipelines.doctor import faults
from pipelines.doctor.trials import Trouble
from pipelines.doctor.victim import Victim
from pipelines.runs.checkpoints import write_checkpoint
from pipelines.runs.state import STATE
from pipelines.runs.state import WEIGHTS

# Writes a checkpoint each 10 ms; its first argument says how it goes wrong.
_PRETENDER = """
import json, os, sys, time
flags = dict(word[2:].split("=") for word in sys.argv[2:])
root = flags["output"] + "/checkpoints"
os.makedirs(root, exist_ok=True)
step = max(map(int, os.listdir(root)), default=0)
if sys.argv[1] == "forgetful":
    step = 0
if step:
    print("going on after step", f"{step:,}")
    if sys.argv[1] == "failing":
        sys.exit("cannot go on")
every = int(flags.get("checkpoint_steps", 10**6))
last = int(flags["epochs"]) * 60
while step < last:
    step += 1
    time.sleep(0.01 if every == 1 else 0)
    if step % every == 0 or step == last:
        os.makedirs(f"{root}/{step:010d}", exist_ok=True)
print(flags["model"], sorted(os.listdir(flags["data"])))
"""


def pretender(kind):
    return [sys.executable, "-c", _PRETENDER, kind]


def test_a_run_that_survives(tmp_path, monkeypatch):
    compared, done = [], []
    monkeypatch.setattr(faults, "_compare", lambda *runs: compared.extend(runs))
    runs = tmp_path / "not" / "yet"
    found = faults.check_kills(
        pretender("good"), runs, 3, progress=lambda *n: done.append(n)
    )
    assert found.ok, found.text
    assert [each.name for each in compared] == ["whole", "killed"]
    assert found.text.startswith(
        "killed 3 times, gone on 3 times; after 180 steps the state"
    )
    steps = found.values["killed_after_steps"]
    assert len(steps) == 3 and steps == sorted(set(steps)) and steps[0] > 0
    assert done == [(1, 3), (2, 3), (3, 3)]
    assert list(runs.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("forgetful", "but the next start went on after step 0; see "),
        ("failing", "ended before it was killed: exit code 1, cannot go on"),
    ],
)
def test_a_run_that_does_not(tmp_path, kind, message):
    found = faults.check_kills(pretender(kind), tmp_path, 2)
    assert not found.ok and message in found.text
    # What it left is there to be looked into.
    (place,) = tmp_path.iterdir()
    assert str(place) in found.text
    assert (place / "killed-0.log").exists()


def test_it_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="Not a directory"):
        faults.check_kills(pretender("good"), tmp_path / "file" / "runs", 1)


def test_a_process_that_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.doctor.victim._PATIENCE", 0.2)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    process = Victim(command, tmp_path / "run", tmp_path / "log")
    with process, pytest.raises(Trouble, match="no checkpoint within"):
        process.live(1)
    # It has ended with the context.
    assert process.wait(0) == -9


@pytest.fixture
def run(tiny, tmp_path):
    """Returns a function that leaves what a run does in the end."""
    keras.utils.set_random_seed(1)
    model = tiny()
    arrays = {"conv/kernel": np.zeros(3, "float32")}

    def make(name, step=7, state=0.0, weight=None):
        files = {
            WEIGHTS: safetensors.numpy.save(arrays),
            STATE: safetensors.numpy.save({"seed/0": np.array([state])}),
        }
        write_checkpoint(tmp_path / name / "checkpoints", step, files, {})
        if weight is not None:
            model.get_layer("head_logits").bias.assign([weight] * 2)
        model.save(tmp_path / name / "model.keras")
        return tmp_path / name

    return make


@pytest.mark.parametrize(
    ("change", "name"),
    [
        # Equal numbers, other bits.
        ({"state": -0.0}, "seed/0"),
        ({"weight": 1.0}, "saved/"),
        ({"step": 8}, "step"),
    ],
)
def test_two_runs_that_are_not_the_same_to_the_bit(run, change, name):
    whole = run("whole")
    faults._compare(whole, run("same"))
    with pytest.raises(Trouble, match=rf"1 of \d+ variables .* {name}"):
        faults._compare(whole, run("other", **change))


def test_the_small_run(tmp_path):
    command = faults.small_run(["train"], tmp_path, 4)
    assert command[0] == "train" and "--epochs=4" in command
    pictures = tmp_path / "pictures"
    assert f"--data={pictures}" in command
    assert len(list(pictures.glob("train/*/*.png"))) == 4 * 60
    assert len(list(pictures.glob("val/*/*.png"))) == 3 * 4
