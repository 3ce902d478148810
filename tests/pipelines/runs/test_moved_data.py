"""A run whose pictures moved goes on; with other pictures it does not."""

import shutil

import numpy as np
import pytest

from pipelines.data.examples import Splits
from pipelines.data.sources.opening import open_splits
from pipelines.runs import split_list
from pipelines.runs.config import RunConfig
from pipelines.runs.moved_data import identity_by_bytes
from pipelines.runs.resuming import check_same_run
from pipelines.runs.resuming import identity
from pipelines.runs.split_list import read_split
from pipelines.runs.split_list import write_split
from zoo.errors import RequestError


@pytest.fixture
def go_on(picture_folder, tmp_path):
    """Returns a function: begins a run, and goes on with other data."""
    first = tmp_path / "first"
    shutil.copytree(picture_folder, first)
    splits = open_splits(str(first))
    then = identity(RunConfig(str(first), "resnet20", "run"), splits, 1)
    write_split(tmp_path, splits)

    def check(data, **changes):
        splits = open_splits(str(data))
        config = RunConfig(str(data), "resnet20", "run", **changes)
        now = identity(config, splits, 1)
        now = identity_by_bytes(then, now, tmp_path, splits)
        check_same_run(then, now, kind=RunConfig, allow_inexact=False)

    return first, check


def test_the_same_pictures_elsewhere(go_on, tmp_path):
    first, check = go_on
    check(first)
    first.rename(tmp_path / "second")
    check(tmp_path / "second")
    (tmp_path / "second" / "val").rename(tmp_path / "second" / "Validation")
    check(tmp_path / "second")
    with pytest.raises(RequestError, match="`epochs` "):
        check(tmp_path / "second", epochs=3)


def test_a_picture_that_changed_in_its_place(go_on):
    first, check = go_on
    with open(first / "train" / "red" / "0.png", "ab") as file:
        file.write(b"\0")
    with pytest.raises(RequestError, match=r"training pictures \(12 with the"):
        check(first)


def test_a_picture_under_another_label(go_on, tmp_path):
    first, check = go_on
    (first / "val" / "red" / "1.jpg").rename(first / "val" / "blue" / "2.jpg")
    with pytest.raises(RequestError, match=r"pictures to judge by \(6 with"):
        check(first)


def test_a_start_that_came_to_nothing_leaves_no_list(picture_folder, tmp_path):
    """Before its first checkpoint a run may be begun with other pictures."""
    splits = open_splits(str(picture_folder))
    fewer = Splits(splits.train.subset([0, 5, 9]), splits.validation)
    write_split(tmp_path, splits)
    write_split(tmp_path, fewer)
    listed = read_split(str(tmp_path))
    assert int(listed.learned.sum()) == 3


def test_what_is_written_is_what_can_be_read(picture_folder, tmp_path):
    written = write_split(tmp_path, open_splits(str(picture_folder)))
    listed = read_split(str(tmp_path))
    assert listed.folder == written.folder == tmp_path
    assert list(listed.names) == list(written.names)
    for name in ("labels", "learned", "sha256"):
        one, other = getattr(listed, name), getattr(written, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_too_many_pictures_are_listed_without_hashes(
    picture_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(split_list, "HASHED", 17)
    splits = open_splits(str(picture_folder))
    assert write_split(tmp_path, splits) is None
    listed = read_split(str(tmp_path))
    assert listed.sha256 is None and len(listed.names) == 18
