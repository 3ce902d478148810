"""The disk: how fast, how full, and whether it can be written to."""

import collections

import pytest

from pipelines.doctor import disk

_Usage = collections.namedtuple("_Usage", "free")
_MIB = 2**20


def test_a_disk_that_is_well(tmp_path, monkeypatch):
    monkeypatch.setattr(
        disk.shutil, "disk_usage", lambda place: _Usage(5 * 2**30)
    )
    monkeypatch.setattr(disk, "_SLOWEST", 0)
    found = disk.check_disk(tmp_path / "not" / "yet", size=3 * _MIB)
    assert found.ok
    assert found.values["free_bytes"] == 5 * 2**30
    assert found.values["bytes_per_second"] > 0
    assert found.text.endswith(f"MiB/s with fsync, 5.0 GiB free in {tmp_path}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("free", "speed", "advice"),
    [
        (2**30, 100 * _MIB, "1.0 GiB free in X: free 2 GiB, or"),
        (
            2**40,
            5 * _MIB,
            "5 MiB/s with fsync, 1,024.0 GiB free in X: checkpoints",
        ),
    ],
)
def test_a_disk_that_is_full_or_slow(
    tmp_path, monkeypatch, free, speed, advice
):
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda place: _Usage(free))
    monkeypatch.setattr(disk, "_write", lambda folder, size: speed)
    found = disk.check_disk(tmp_path)
    assert not found.ok
    assert advice in found.text.replace(str(tmp_path), "X")


def test_a_disk_that_takes_nothing(tmp_path, monkeypatch):
    def refuse(folder, size):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "_write", refuse)
    found = disk.check_disk(tmp_path)
    assert not found.ok
    assert found.text == (
        f"{tmp_path} cannot be written to (No space left on device): name "
        "another folder with `runs`"
    )
