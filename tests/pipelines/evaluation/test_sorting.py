"""Copies of pictures in a folder for each class."""

import os

import pytest

from pipelines.evaluation import sorting
from pipelines.evaluation.folder_names import folder_name
from pipelines.evaluation.sorting import Sorter
from pipelines.evaluation.sorting import check_sorting
from zoo.errors import RequestError
from zoo.weights import atomic


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "a, b.jpg"
    path.write_bytes(b"a picture")
    return str(path)


@pytest.mark.parametrize("links", [True, False])
def test_copies_lose_nothing(tmp_path, picture, monkeypatch, links):
    if not links:

        def refuse(*_):
            raise OSError(1, "Operation not permitted")

        monkeypatch.setattr(atomic.os, "link", refuse)
    folder = tmp_path / "sorted"
    sorter = Sorter(str(folder), ["either/or"])
    os.chmod(picture, 0o444)
    first = sorter.copy(picture, "either/or")
    assert first == folder / "either_or" / "a, b.jpg"
    assert os.stat(first).st_mtime_ns == os.stat(picture).st_mtime_ns
    assert sorter.copy(picture, "either/or") == first
    other = tmp_path / "more" / "a, b.jpg"
    other.parent.mkdir()
    other.write_bytes(b"another")
    second = sorter.copy(str(other), "either/or")
    assert second.name == "a, b-2.jpg" and second.read_bytes() == b"another"
    assert sorter.copy(str(other), "either/or") == second
    assert first.read_bytes() == b"a picture"
    assert sorted(os.listdir(first.parent)) == ["a, b-2.jpg", "a, b.jpg"]
    assert sorter.copy(picture, None).parent == folder / "not_sure"


def test_a_copy_is_whole_or_not_there(tmp_path, picture, monkeypatch):
    def half(source, target):
        target.write_bytes(b"a pic")
        raise OSError(28, "No space left on device")

    sorter = Sorter(str(tmp_path / "sorted"), ["cat"])
    monkeypatch.setattr(sorting.shutil, "copyfile", half)
    with pytest.raises(OSError, match="No space left") as caught:
        sorter.copy(picture, "cat")
    assert caught.value.filename.endswith("cat/a, b.jpg")
    assert os.listdir(tmp_path / "sorted" / "cat") == []


def test_whoever_comes_first_has_the_name(tmp_path, picture, monkeypatch):
    def overtaken(source, target):
        with open(source, "rb") as file:
            target.write_bytes(file.read())
        (target.parent / "a, b.jpg").write_bytes(b"of another process")

    monkeypatch.setattr(sorting.shutil, "copyfile", overtaken)
    sorter = Sorter(str(tmp_path / "sorted"), ["cat"])
    copy = sorter.copy(picture, "cat")
    assert copy.name == "a, b-2.jpg" and copy.read_bytes() == b"a picture"
    first = copy.with_name("a, b.jpg")
    assert first.read_bytes() == b"of another process"


def test_each_class_has_a_folder_of_its_own(tmp_path, picture):
    names = ["a/b", "a_b", "Cat", "cat", "not_sure", "con", "end.", "end "]
    sorter = Sorter(str(tmp_path / "sorted"), names)
    found = [sorter.copy(picture, name).parent.name for name in (*names, None)]
    assert found == [
        *("a_b", "a_b-2", "Cat", "cat-2", "not_sure-2", "_con", "end_"),
        *("end_-2", "not_sure"),
    ]
    assert len({name.casefold() for name in found}) == len(found)


@pytest.mark.parametrize(
    "name",
    [
        "NUL",
        "com1.txt",
        "lpt\u00b2",
        "aux ",
        "..",
        "a. ",
        "\u4e00" * 255,
        "\x7f",
    ],
)
def test_every_file_system_takes_the_names(name):
    found = folder_name(name)
    assert 0 < len(os.fsencode(found)) <= 255
    assert not found.endswith((".", " ")) and not found.startswith(".")
    devices = {"nul", "com1", "lpt\u00b2", "aux"}
    assert found.partition(".")[0].rstrip().casefold() not in devices


def test_names_that_are_as_long_as_they_can_be(tmp_path, picture):
    long = tmp_path / f"{'ä' * 125}.jpg"
    long.write_bytes(b"long")
    names = ["x" * 300, "x" * 290]
    sorter = Sorter(str(tmp_path / "sorted"), names)
    for name in names:
        assert sorter.copy(str(long), name).name == long.name
        long.write_bytes(b"another")
        copy = sorter.copy(str(long), name)
        assert copy.name.endswith("ä-2.jpg")
        long.write_bytes(b"long")


@pytest.mark.parametrize(
    ("pictures", "folder"),
    [
        ("new", "new/sorted"),
        ("new", "new"),
        ("new/**/*.jpg", "new/sorted"),
        ("new/**", "new/sorted"),
        ("**/*.jpg", "new/sorted"),
        ("new/*", "new/sorted"),
        ("n*", "new/sorted"),
        ("new/*/*/*.jpg", "new/sorted"),
        ("link/**/*.jpg", "new/sorted"),
    ],
)
def test_copies_lie_beside_what_is_sorted(
    tmp_path, monkeypatch, pictures, folder
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new").mkdir()
    (tmp_path / "link").symlink_to("new")
    with pytest.raises(RequestError, match="they would be found twice"):
        check_sorting(folder, [pictures])


@pytest.mark.parametrize(
    ("pictures", "folder"),
    [
        ("new", "sorted"),
        ("new", "."),
        ("new/*.jpg", "new/sorted"),
        ("new/*.jpg", "."),
        ("new/**/*.jpg", "sorted"),
        ("new/a.jpg", "new/sorted"),
        ("new/*", "new/.sorted"),
    ],
)
def test_what_is_not_found_twice_is_sorted(
    tmp_path, monkeypatch, pictures, folder
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.jpg").touch()
    check_sorting(folder, [pictures])


def test_what_is_no_folder_is_refused_at_once(tmp_path, picture):
    for path in (picture, f"{picture}/more/sorted"):
        with pytest.raises(RequestError, match=r"`sort_into=.* is a file"):
            check_sorting(path, [])
