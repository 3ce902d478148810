"""A run says which of its pictures are there twice, as an audit does."""

import shutil
import types

from pipelines.audit.auditing import Options
from pipelines.audit.auditing import audit_data
from pipelines.data.sources.opening import open_splits
from pipelines.training.opening import list_pictures


def told(folder, place):
    place.mkdir()
    said = []
    run = types.SimpleNamespace(
        folder=types.SimpleNamespace(path=place),
        splits=open_splits(str(folder)),
        config=types.SimpleNamespace(data=str(folder)),
        say=said.append,
        progress=None,
    )
    list_pictures(run)
    assert (place / "split.csv").is_file()
    return said


def test_nothing_is_said_of_pictures_that_are_there_once(
    picture_folder, tmp_path
):
    assert told(picture_folder, tmp_path / "run") == []


def test_a_run_says_what_an_audit_finds(picture_folder, tmp_path):
    data = tmp_path / "photos"
    shutil.copytree(picture_folder, data)
    first, second, *_ = sorted((data / "train").iterdir())
    one, two, *_ = sorted(first.iterdir())
    shutil.copy(one, second / f"twin{one.suffix}")
    shutil.copy(two, data / "val" / first.name / f"leak{two.suffix}")
    said = told(data, tmp_path / "run")
    assert len(said) == 2
    assert said[0].startswith(
        "warning: 2 pictures are there twice under different labels. Keep "
        f"the right one; first {one}. "
    )
    assert "audit --data=" in said[0]
    assert "2 pictures are in the training and in the validation" in said[1]
    found = audit_data(str(data), str(tmp_path / "out"), Options(labels=False))
    for line, finding in zip(said, found.findings, strict=True):
        assert finding.message.rstrip(".") in line
