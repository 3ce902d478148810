"""A folder is there whole, or not at all."""

import errno

import pytest

from pipelines.export.whole_folder import refuse_if_there
from pipelines.export.whole_folder import whole_folder
from zoo.errors import RequestError


def test_whatever_is_raised_nothing_is_left(tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        whole_folder(tmp_path / "new") as folder,
    ):
        (folder / "half").write_text("half")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_nothing_is_written_over(tmp_path, kind):
    taken = tmp_path / "taken"
    if kind == "file":
        taken.write_text("mine")
    elif kind == "folder":
        taken.mkdir()
    else:
        taken.symlink_to(tmp_path / "nowhere")
    with pytest.raises(RequestError, match="is there already"):
        refuse_if_there(taken)
    with pytest.raises(RequestError), whole_folder(taken):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


def test_what_came_meanwhile_is_left_alone(tmp_path):
    with (
        pytest.raises(RequestError, match="is there already"),
        whole_folder(tmp_path / "new"),
    ):
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "theirs").write_text("theirs")
    assert (tmp_path / "new" / "theirs").read_text() == "theirs"


def test_an_error_names_the_folder_that_was_asked_for(tmp_path):
    with (
        pytest.raises(OSError) as caught,
        whole_folder(tmp_path / "new") as folder,
    ):
        raise OSError(errno.ENOSPC, "No space left", str(folder / "a" / "b"))
    assert caught.value.filename == str(tmp_path / "new" / "a" / "b")
    with (
        pytest.raises(OSError) as caught,
        whole_folder(tmp_path / "new") as folder,
    ):
        raise OSError(f"{folder}/model: what a library says")
    assert str(caught.value) == f"{tmp_path}/new/model: what a library says"
