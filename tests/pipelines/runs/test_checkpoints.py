"""Checkpoints on disk: whole or not at all, whatever happens."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

import pipelines
from pipelines.runs import checkpoints as module
from pipelines.runs.checkpoints import MANIFEST
from pipelines.runs.checkpoints import clean
from pipelines.runs.checkpoints import newest
from pipelines.runs.checkpoints import read_checkpoint
from pipelines.runs.checkpoints import steps_of
from pipelines.runs.checkpoints import write_checkpoint
from zoo.errors import IntegrityError

FILES = {"a": b"first" * 100, "b": bytes(range(256))}


def write(root, *steps):
    for step in steps:
        write_checkpoint(root, step, FILES, {"step": step})


def test_what_is_written_is_read(tmp_path):
    write(tmp_path / "new", 7)
    found = newest(tmp_path / "new")
    assert (found.step, found.facts, found.files) == (7, {"step": 7}, FILES)
    assert found.path.name == "0000000007"


def test_there_is_none(tmp_path):
    assert newest(tmp_path / "nothing") is None and steps_of(tmp_path) == []
    clean(tmp_path / "nothing")


def test_the_newest_two_are_kept(tmp_path):
    write(tmp_path, 1, 5, 20, 100)
    assert steps_of(tmp_path) == [20, 100]
    write_checkpoint(tmp_path, 101, FILES, {}, keep=3)
    assert sorted(os.listdir(tmp_path)) == [
        "0000000020",
        "0000000100",
        "0000000101",
    ]


def test_the_same_step_is_left_as_it_is(tmp_path):
    write(tmp_path, 3)
    before = (tmp_path / "0000000003").stat().st_ino
    write(tmp_path, 3)
    assert (tmp_path / "0000000003").stat().st_ino == before
    # What was computed otherwise is another checkpoint.
    write_checkpoint(tmp_path, 3, {"a": b"other"}, {})
    assert newest(tmp_path).files == {"a": b"other"}
    # So is what says something else of the run.
    write_checkpoint(tmp_path, 3, {"a": b"other"}, {"pictures": (1, 2)})
    assert newest(tmp_path).facts == {"pictures": [1, 2]}


def test_later_steps_give_way_to_one_that_is_left_as_it_is(tmp_path):
    write(tmp_path, 3)
    write_checkpoint(tmp_path, 9, FILES, {})
    write(tmp_path, 3)
    assert steps_of(tmp_path) == [3]


def test_the_clock_alone_makes_no_other_checkpoint(tmp_path):
    """The same step, taken again after a resume."""
    for elapsed in (1.0, 2.5):
        facts = {"elapsed": elapsed, "identity": "x"}
        path = write_checkpoint(tmp_path, 3, FILES, facts)
    assert newest(tmp_path).facts["elapsed"] == 1.0 and path.is_dir()
    write_checkpoint(tmp_path, 3, FILES, {"elapsed": 3.0, "identity": "y"})
    assert newest(tmp_path).facts == {"elapsed": 3.0, "identity": "y"}


def test_what_was_passed_over_gives_way(tmp_path):
    write(tmp_path, 1, 2)
    for step in (3, 4):
        write_checkpoint(tmp_path, step, FILES, {}, keep=9)
        _flip(tmp_path / f"{step:010d}")
    said = []
    assert newest(tmp_path, said.append).step == 2 and len(said) == 2
    # Of the same step: there, but not whole. Of a later one: not reached yet.
    write(tmp_path, 3)
    assert steps_of(tmp_path) == [2, 3]
    assert newest(tmp_path, pytest.fail).step == 3
    assert not list(tmp_path.glob(".tmp-*"))


def _truncate(path):
    (path / "a").write_bytes(b"first")


def _flip(path):
    changed = bytearray(FILES["b"])
    changed[100] ^= 1
    (path / "b").write_bytes(changed)


def _no_manifest(path):
    (path / MANIFEST).unlink()


def _empty_manifest(path):
    (path / MANIFEST).write_bytes(b"")


def _foreign(path):
    (path / "a").write_bytes(b"PK\x03\x04")


def _missing(path):
    (path / "b").unlink()


def _changed(old, new):
    """Returns what changes a few bytes of a manifest, which stays JSON."""

    def change(path):
        text = (path / MANIFEST).read_text()
        assert text.count(old) >= 1
        (path / MANIFEST).write_text(text.replace(old, new, 1))

    change.__name__ = f"{old} {new}"
    return change


def _another_step(path):
    """A whole one, under a name that is not its own."""
    write_checkpoint(path.parent / "x", 7, FILES, {})
    shutil.rmtree(path)
    (path.parent / "x" / "0000000007").rename(path)


@pytest.mark.parametrize(
    "damage",
    [
        _truncate,
        _flip,
        _no_manifest,
        _empty_manifest,
        _foreign,
        _missing,
        _changed('"step": ', '"step": 3'),
        _changed('"facts"', '"fact5"'),
        _changed('"sha256"', '"sha257"'),
        # Deep within: of a file, and of what the run is.
        _changed('"bytes": 5', '"bytes": 6'),
        _changed('"step": ', '"stop": '),
        _changed("{", "[["),
        _another_step,
    ],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_one_is_passed_over_by_name(tmp_path, damage):
    write(tmp_path, 1, 2)
    damage(tmp_path / "0000000002")
    said = []
    assert newest(tmp_path, said.append).step == 1
    assert len(said) == 1 and "0000000002" in said[0]
    damage(tmp_path / "0000000001")
    with pytest.raises(IntegrityError, match="All 2 checkpoint") as caught:
        newest(tmp_path, said.append)
    assert caught.value.exit_code == 4


def test_any_byte_of_the_manifest(tmp_path):
    write(tmp_path, 2)
    place = tmp_path / "0000000002" / MANIFEST
    whole = place.read_bytes()
    said = json.loads(whole)
    for i in range(len(whole)):
        place.write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :])
        try:
            found = read_checkpoint(place.parent)
        except IntegrityError:
            continue
        # White space, or another way to write the same.
        assert (found.step, found.facts) == (2, said["facts"]), i


def test_an_older_one_has_no_sum_of_its_own(tmp_path):
    write(tmp_path, 2)
    place = tmp_path / "0000000002" / MANIFEST
    manifest = json.loads(place.read_text())
    del manifest["sha256"]
    place.write_text(json.dumps(manifest))
    assert newest(tmp_path).facts == {"step": 2}


def test_without_room_nothing_is_begun(tmp_path, monkeypatch):
    write(tmp_path, 1)
    usage = module.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(
        module.shutil, "disk_usage", lambda _: usage._replace(free=800)
    )
    with pytest.raises(OSError, match="MiB left"):
        write(tmp_path, 2)
    assert os.listdir(tmp_path) == ["0000000001"]


def test_an_error_leaves_what_was_there(tmp_path, monkeypatch):
    write(tmp_path, 1)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path, 2)
    assert os.listdir(tmp_path) == ["0000000001"]
    assert read_checkpoint(tmp_path / "0000000001").files == FILES


# Forks before each try; the child ends, as by a kill, at the n-th of the calls
# that matter. Says for each try what had been acknowledged.
_KILLED = """
import os, shutil, sys
from pipelines.runs import checkpoints
left = 0
def dying(module, name):
    real = getattr(module, name)
    def call(*arguments, **options):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return real(*arguments, **options)
    setattr(module, name, call)
for module, name in ((os, "fsync"), (os, "rename"), (shutil, "rmtree"),
                     (checkpoints, "_write")):
    dying(module, name)
for point in range(1, 100):
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        left = point
        for step in (10, 20, 30):
            checkpoints.write_checkpoint(sys.argv[1] + "/" + str(point), step,
                                    {"a": b"x" * 1000, "b": b"y"}, {})
            os.write(writer, b"%d " % step)
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    print(point, os.WEXITSTATUS(status), os.read(reader, 99).decode())
    if not status:
        break
"""


def test_killed_at_any_point_the_last_acknowledged_one_is_there(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path)],
        cwd=pathlib.Path(pipelines.__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    tries = [line.split() for line in done.stdout.splitlines()]
    assert len(tries) > 8 * 3 and tries[-1][1:] == ["0", "10", "20", "30"]
    for point, status, *acknowledged in tries[:-1]:
        assert status == "9"
        place = tmp_path / point
        found = newest(place, lambda line: pytest.fail(line))
        last = max(map(int, acknowledged), default=0)
        assert (found.step if found else 0) >= last
        clean(place)
        assert not [n for n in os.listdir(place) if n.startswith(".tmp-")]


def test_the_manifest_is_readable_by_people(tmp_path):
    write(tmp_path, 4)
    manifest = json.loads((tmp_path / "0000000004" / MANIFEST).read_text())
    assert manifest["step"] == 4
    assert manifest["files"]["a"]["bytes"] == 500
    assert len(manifest["files"]["a"]["sha256"]) == 64
