"""The end of a run on a disk that takes nothing any more."""

import errno
import types

import pytest

from apps.system_errors import as_line
from pipelines.training import finishing
from pipelines.training.failures import NotWritten


@pytest.fixture
def run(tmp_path, monkeypatch):
    def full(run, history, more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(finishing, "_finish", full)
    folder = types.SimpleNamespace(path=tmp_path)
    return types.SimpleNamespace(folder=folder)


def test_no_checkpoint_is_kept_that_is_not_there(run, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(OSError, match="nor any checkpoint") as caught:
        finishing.finish(run, [])
    assert as_line(caught.value).startswith(f"{tmp_path}: No space left")


def test_the_checkpoint_that_is_there_is_named(run, tmp_path):
    for step in (3, 12):
        (tmp_path / "checkpoints" / f"{step:010d}").mkdir(parents=True)
    with pytest.raises(NotWritten, match="checkpoint of step 12 is kept"):
        finishing.finish(run, [])
