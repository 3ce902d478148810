"""Real processes that meet real faults: kills, a full disk, two Ctrl-C."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

import pipelines
from pipelines.doctor.faults import check_kills
from pipelines.doctor.kinds import SETTINGS
from pipelines.doctor.settings_tried import draw_pictures
from pipelines.runs.checkpoints import newest
from pipelines.runs.checkpoints import steps_of

pytestmark = pytest.mark.slow

_ROOT = pathlib.Path(pipelines.__file__).parents[1]
_TRAINER = [sys.executable, "-m", "apps.train"]
_PATIENCE = 300
_MIB = 2**20


@pytest.mark.parametrize("name", SETTINGS)
def test_killed_at_every_file_and_at_random(tmp_path, name):
    kills = int(os.environ.get("ZOO_KILLS", "21"))
    (found,) = check_kills([name], tmp_path / "runs", kills)
    assert found.ok, found.text
    assert len(found.values["killed"]) >= min(kills, 10)
    # Nothing is left behind.
    assert list((tmp_path / "runs").iterdir()) == []


def small_run(trainer, place, epochs):
    """Returns a command that trains on small pictures, eight steps an epoch."""
    draw_pictures(place)
    settings = {
        "data": place / "pictures",
        "model": "efficientnet_cifar",
        "image_size": 16,
        "global_batch_size": 3,
        "learning_rate": 0.1,
        "augmentation": "randaugment",
        "mixup": 0.2,
        "ema": 0.99,
        "precision": "float32",
        "epochs": epochs,
    }
    return [*trainer, *(f"--{n}={value}" for n, value in settings.items())]


@pytest.fixture
def disk(tmp_path):
    """A disk of 40 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(place)]
    with contextlib.suppress(OSError):
        if not subprocess.run(mount, capture_output=True).returncode:
            yield place
            subprocess.run(["umount", str(place)], check=True)
            return
    pytest.skip("only root may mount a disk")


def _fill(disk, left: int) -> None:
    """Leaves so many bytes free, while others go on writing."""
    with open(disk / "filling", "ab", buffering=0) as file:
        while True:
            usage = os.statvfs(disk)
            room = usage.f_bavail * usage.f_frsize - left
            if room <= 0:
                return
            with contextlib.suppress(OSError):
                file.write(bytes(min(room, _MIB)))


def _size(folder) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


@pytest.fixture
def begun(tmp_path, victim):
    """Returns a function that starts a run and waits for a checkpoint."""
    command = [*small_run(_TRAINER, tmp_path, 15), "--checkpoint_steps=10"]
    with contextlib.ExitStack() as open_:

        def start(output):
            process = victim(command, output, tmp_path / "log")
            open_.enter_context(process).live(1)
            return process

        yield start


def test_a_disk_without_room_for_a_checkpoint(disk, begun):
    run = disk / "run"
    process = begun(run)
    step = process.saved
    # Enough for the model and the report.
    size = _size(run / "checkpoints" / f"{step:010d}")
    _fill(disk, int(1.1 * size))
    assert process.wait(_PATIENCE) == 0, process.said
    assert "error: no checkpoint of step" in process.said
    kept = f"Training goes on, that of step {step:,} is kept."
    assert kept in process.said
    assert (run / "metrics.json").exists() and (run / "model.keras").exists()
    _assert_whole(run, step)


def test_a_disk_without_any_room(disk, begun):
    run = disk / "run"
    process = begun(run)
    step = process.saved
    _fill(disk, 0)
    code = process.wait(_PATIENCE)
    # Not by a signal, as HDF5 does at exit where it could not write.
    assert code == 75, process.said
    last = process.said.strip().splitlines()[-1]
    assert last.startswith("error: ") and "No space left" in last
    assert not (run / "model.keras").exists()
    assert not (run / "metrics.json").exists()
    _assert_whole(run, step)
    (disk / "filling").unlink()
    again = begun(run)
    assert again.wait(_PATIENCE) == 0, again.said
    assert "going on after step" in again.said


def _assert_whole(run, step: int) -> None:
    """The checkpoints are there, whole, and nothing that is not."""
    found = newest(run / "checkpoints", lambda line: pytest.fail(line))
    assert found.step >= step
    assert not list(run.rglob(".tmp-*"))


@pytest.mark.parametrize("place", ["nothing", "a file"])
def test_the_checkpoints_vanish(tmp_path, begun, place):
    run = tmp_path / "run"
    process = begun(run)
    checkpoints = run / "checkpoints"
    checkpoints.rename(tmp_path / "gone")
    if place == "a file":
        checkpoints.write_text("in the way")
    assert process.wait(_PATIENCE) == 0, process.said
    assert (run / "metrics.json").exists()
    if place == "a file":
        assert "error: no checkpoint of step" in process.said
        assert checkpoints.read_text() == "in the way"
    else:
        assert len(steps_of(checkpoints)) == 2
        _assert_whole(run, 20)


# The third checkpoint never gets to the disk.
_STUCK = """
import os
import sys
import time

from pipelines.runs import checkpoints

plain = checkpoints._sync_folder

def stuck(path):
    if path.name.startswith(".tmp-0000000003"):
        print("STUCK", flush=True)
        time.sleep(600)
    plain(path)

checkpoints._sync_folder = stuck
from apps import train
train.cli()
"""


def test_a_second_interrupt_ends_it_at_once(victim, tmp_path):
    run = tmp_path / "run"
    _, _, _, *settings = small_run(_TRAINER, tmp_path, 2)
    command = [sys.executable, "-c", _STUCK, *settings, "--checkpoint_steps=1"]
    with victim(command, run, tmp_path / "log") as process:
        process.live(2)
        until = time.monotonic() + _PATIENCE
        while "STUCK" not in process.said:
            assert time.monotonic() < until
            time.sleep(0.05)
        process.send(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)
        started = time.monotonic()
        process.send(signal.SIGINT)
        assert process.wait(_PATIENCE) == 128 + signal.SIGINT
        assert time.monotonic() - started < 2
    assert newest(run / "checkpoints").step == 2
    assert re.search("Traceback|Fatal", process.said) is None
