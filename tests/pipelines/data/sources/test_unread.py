"""What of a folder is not read is said in one line wherever it is opened."""

import logging

import pytest

from pipelines.audit.folder_listing import list_folder
from pipelines.data.inspection import modern_formats
from pipelines.data.sources.folder import open_folder
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.pictures_in import pictures_in
from pipelines.data.sources.unread import unread_words
from pipelines.features.pictures import open_every_picture
from zoo.errors import DataError


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, "zoo")
    return lambda: [each.getMessage() for each in caplog.records]


@pytest.fixture
def folder(tmp_path, photo, saved):
    """Two classes of four pictures each, beside which others lie."""
    root = tmp_path / "set"
    for name in ("ant", "bee"):
        (root / name).mkdir(parents=True)
        for i in range(4):
            (root / name / f"{i}.jpg").write_bytes(saved(photo(i), "JPEG"))
        for i in range(3):
            (root / name / f"{i}.xcf").write_bytes(b"anything")
    (root / "ant" / "a.JXL").write_bytes(b"anything")
    # What lies beside class folders and is no picture by its name.
    (root / "README.md").write_bytes(b"anything")
    return root


LINE = "7 of 15 files are not read: 6 .xcf, 1 .jxl"


def test_it_is_said_once_wherever_a_folder_is_opened(folder, said):
    for open_it in (
        lambda: open_folder(folder),
        lambda: open_held_out(str(folder)),
        lambda: open_every_picture(str(folder)),
        lambda: pictures_in([str(folder / "ant"), str(folder / "bee")]),
        lambda: open_every_picture(str(folder / "ant")),
    ):
        before = len(said())
        open_it()
        lines = said()[before:]
        if len(lines) == 1 and "15" in lines[0]:
            assert lines == [LINE]
        else:
            assert "4 of 8 files are not read: 3 .xcf, 1 .jxl" in lines
    assert said().count(LINE) == 3


def test_the_audit_warns_of_it(folder):
    (found,) = (
        each
        for each in list_folder(str(folder)).findings
        if each.kind == "left_out"
    )
    assert (found.level, found.message) == ("warning", f"{LINE}.")
    assert len(found.names) == 7


def test_nothing_is_said_where_all_is_read(folder, said):
    for path in [*folder.rglob("*.xcf"), *folder.rglob("*.JXL")]:
        path.unlink()
    open_folder(folder)
    assert said() == []


def test_a_class_of_what_is_not_read_is_refused_with_the_reason(folder):
    for path in (folder / "ant").glob("*.jpg"):
        path.unlink()
    with pytest.raises(DataError, match=r"4 files are not read: 3 \.xcf, 1"):
        open_folder(folder)
    with pytest.raises(DataError, match=r"4 of 4 files are not read"):
        pictures_in([str(folder / "ant")])


def test_a_class_without_pictures_speaks_of_itself_alone(folder):
    for path in (folder / "bee").glob("*.jpg"):
        path.unlink()
    said = r"bee holds no pictures .* In it, 3 of 3"
    with pytest.raises(DataError, match=said):
        open_folder(folder)


def test_a_pattern_that_stands_for_nothing_is_not_passed_over(folder):
    some, none = str(folder / "ant" / "*.jpg"), str(folder / "*.webp")
    found = pictures_in([some, none])
    assert len(found) == 5 and found[-1] == none


def test_what_can_be_installed_is_said(monkeypatch):
    monkeypatch.setitem(vars(modern_formats.HEIF), "is_read", False)
    assert unread_words(["a.HEIC", "b.tif", "c.heic", "d"], 8) == (
        "4 of 12 files are not read: 2 .heic (pip install "
        "'pillow-heif>=1.4,<2' to read it), 1 .tif, 1 without an ending"
    )
    many = [f"a.{ending}" for ending in "abcdefgh"]
    assert unread_words(many, 0).endswith("1 .d, 1 .e, 3 others")
    assert unread_words(["a.txt"], 1) == "1 of 2 files is not read: 1 .txt"
    assert unread_words([], 5) == ""
