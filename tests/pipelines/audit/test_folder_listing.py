"""What lies in a data folder: links, hidden files, odd names, empty classes."""

import os

import numpy as np
import pytest

from pipelines.audit.folder_listing import list_folder
from pipelines.data.sources.folder import open_folder


@pytest.fixture
def folder(tmp_path, photo, saved):
    """Two classes of three pictures, split in two parts."""
    for part in ("train", "val"):
        for name in ("ant", "bee"):
            place = tmp_path / "set" / part / name
            place.mkdir(parents=True)
            for i in range(3):
                (place / f"{i}.jpg").write_bytes(saved(photo(i), "JPEG"))
    return tmp_path / "set"


def kinds(listing):
    return {
        finding.kind: (
            finding.level,
            [os.path.basename(n) for n in finding.names],
        )
        for finding in listing.findings
    }


def test_what_training_reads_is_listed_in_its_order(folder):
    listing = list_folder(str(folder))
    splits = open_folder(folder)
    for part, examples in (("train", splits.train), ("val", splits.validation)):
        entries = [each for each in listing.pictures if each.part == part]
        assert [each.path for each in entries] == list(examples.names)
        labels = [listing.class_names.index(each.label) for each in entries]
        np.testing.assert_array_equal(labels, examples.labels)
    assert listing.findings == []


def test_hidden_and_other_files_are_named(folder, photo, saved):
    ants = folder / "train" / "ant"
    for name in (".DS_Store", "Thumbs.db", "._0.jpg", "notes.txt"):
        (ants / name).write_bytes(b"anything")
    (ants / ".hidden").mkdir()
    (ants / "UPPER.JPG").write_bytes(saved(photo(), "JPEG"))
    (ants / "no_ending").write_bytes(saved(photo(), "PNG"))
    (folder / "train" / "beside.jpg").write_bytes(saved(photo(), "JPEG"))
    listing = list_folder(str(folder))
    assert kinds(listing) == {
        "hidden": ("note", [".DS_Store", "._0.jpg", ".hidden", "Thumbs.db"]),
        "unread": ("note", ["notes.txt"]),
        "pictures": ("warning", ["no_ending"]),
        "beside": ("warning", ["beside.jpg"]),
        "left_out": ("warning", ["beside.jpg", "no_ending", "notes.txt"]),
    }
    (said,) = (f for f in listing.findings if f.kind == "left_out")
    assert said.message == (
        "3 of 16 files are not read: 1 .jpg, 1 without an ending, 1 .txt."
    )
    assert len(listing.pictures) == 13


def test_links_are_followed_neither_round_nor_out(folder, tmp_path):
    ants = folder / "train" / "ant"
    outside = tmp_path / "outside.jpg"
    outside.write_bytes((ants / "0.jpg").read_bytes())
    (ants / "loop").symlink_to(folder / "train")
    (ants / "bees").symlink_to(folder / "train" / "bee")
    (ants / "outside.jpg").symlink_to(outside)
    (ants / "dangling.jpg").symlink_to(folder / "nowhere.jpg")
    listing = list_folder(str(folder))
    assert kinds(listing) == {
        "loops": ("warning", ["loop"]),
        "links": ("note", ["bees"]),
        "outside": ("refuse", ["outside.jpg"]),
        "dangling": ("refuse", ["dangling.jpg"]),
    }
    assert len(listing.pictures) == 12
    allowed = list_folder(str(folder), allow_outside_links=True)
    assert "outside" not in kinds(allowed)
    assert len(allowed.pictures) == 13


def test_odd_names_are_read_and_named(folder):
    ants = folder / "train" / "ant"
    odd = [b"new\nline.jpg", b"\xff\xfe.jpg", b" space.jpg"]
    plain = ["größe.jpg", "with space.jpg", "a" * 251 + ".jpg"]
    content = (ants / "0.jpg").read_bytes()
    for name in odd + [name.encode() for name in plain]:
        with open(os.path.join(os.fsencode(ants), name), "wb") as file:
            file.write(content)
    listing = list_folder(str(folder))
    level, names = kinds(listing)["odd"]
    assert level == "note"
    assert sorted(names) == sorted(os.fsdecode(name) for name in odd)
    assert len(listing.pictures) == 18


@pytest.mark.parametrize(
    ("change", "kind", "level"),
    [
        (
            lambda root: (root / "train" / "cat").mkdir(),
            "empty_class",
            "refuse",
        ),
        (
            lambda root: (root / "val" / "cat").mkdir(),
            "unknown_class",
            "refuse",
        ),
        (
            lambda root: (root / "test" / "ant").mkdir(parents=True),
            "other_parts",
            "note",
        ),
        (
            lambda root: (root / "train" / "ant").rename(
                root / "train" / "Bee"
            ),
            "spelling",
            "warning",
        ),
        (
            lambda root: [
                (root / "val" / "ant" / f"{i}.jpg").unlink() for i in range(3)
            ],
            "not_judged",
            "warning",
        ),
        (
            lambda root: [
                (root / "train" / "ant" / f"{i}.jpg").unlink() for i in range(2)
            ],
            "one_picture",
            "warning",
        ),
    ],
)
def test_classes_are_checked(folder, change, kind, level):
    change(folder)
    assert kinds(list_folder(str(folder)))[kind][0] == level


def test_a_class_of_one_picture_cannot_be_split(folder):
    for i in range(2):
        (folder / "train" / "ant" / f"{i}.jpg").unlink()
    listing = list_folder(str(folder / "train"))
    assert kinds(listing) == {"one_picture": ("refuse", ["ant"])}


def test_no_pictures_and_one_class(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert kinds(list_folder(str(tmp_path / "empty"))) == {
        "no_pictures": ("refuse", [])
    }
    (tmp_path / "one").mkdir()
    (folder / "train" / "ant").rename(tmp_path / "one" / "ant")
    assert kinds(list_folder(str(tmp_path / "one"))) == {
        "one_class": ("refuse", ["ant"])
    }
