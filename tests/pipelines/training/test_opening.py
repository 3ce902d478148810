"""A run says which of its pictures are there twice, as an audit does."""

import shutil
import types

import pytest

from pipelines.audit.auditing import Options
from pipelines.audit.auditing import audit_data
from pipelines.data.sources.opening import open_splits
from pipelines.training.config import FinetuneConfig
from pipelines.training.opening import choose_splits
from pipelines.training.opening import list_pictures
from pipelines.training.opening import look_at


@pytest.fixture
def grouped(tmp_path, photo, saved):
    """A table of 36 pictures in groups of three, of which two are bad."""
    lines = ["path,label,patient,split"]
    for i in range(36):
        bad = b"no picture %d" % i
        file = bad if i in (4, 34) else saved(photo(i, (32, 32)), "PNG")
        (tmp_path / f"{i}.png").write_bytes(file)
        part = "train" if i < 24 else "val"
        lines.append(f"{i}.png,{'ab'[i // 3 % 2]},{i // 3},{part}")
    table = tmp_path / "list.csv"
    table.write_text("\n".join(lines) + "\n")
    return str(table)


def groups_of(splits):
    """Returns the numbers of groups, by names and as they are kept."""
    names = *splits.train.names, *splits.validation.names
    told = [int(name.rpartition("/")[2][:-4]) // 3 for name in names]
    return [
        [list(dict.fromkeys(some)).index(each) for each in some]
        for some in (told, splits.groups.tolist())
    ]


@pytest.mark.parametrize("more", [{}, {"shots": 2}, {"fold": (0, 3)}])
def test_groups_are_kept_where_pictures_are_left_out(grouped, more):
    config = FinetuneConfig(
        data=grouped,
        model="resnet20",
        output="run",
        group_column="patient",
        on_bad_image="skip",
        **more,
    )
    splits = choose_splits(config)
    told, kept = groups_of(splits)
    assert told == kept
    said = []
    left, seen, sides = look_at(config, splits, said.append)
    assert left is seen and len(sides) == len(left.groups)
    told, kept = groups_of(left)
    assert told == kept
    assert said[0].startswith("skipped ")


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
