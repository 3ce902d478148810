"""Walking folders: links of every kind, and what is passed over and why."""

import os
import re

import numpy as np
import pytest

from pipelines.data.sources.folder import open_folder
from pipelines.data.sources.folder import open_whole_folder
from pipelines.data.sources.layout import find_parts
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from pipelines.data.sources.scan import Reason
from pipelines.data.sources.scan import Scan
from zoo.errors import DataError


def relative(examples, root):
    return [name.removeprefix(f"{root}/") for name in examples.names]


def numbered(folder, count):
    return [f"{folder}/{i}.png" for i in range(count)]


def skipped(root):
    """What is passed over of a data folder, by part, and why."""
    found = []
    for place in find_parts(root).values():
        scan = Scan(str(place), str(root), report=found.append)
        for name in scan.classes():
            list(scan.pictures(str(place / name)))
    return {os.path.relpath(each.path, root): each.reason for each in found}


def test_what_is_passed_over_is_reported(write):
    root = write(
        "train/a/1.png",
        "train/a/2.JPG",
        "train/a/.DS_Store",
        "train/a/._x.jpg",
        "train/a/.hidden/d.jpg",
        "train/a/Thumbs.db",
        "train/a/Icon\r",
        "train/a/none",
        "train/b/3.webp",
        "train/readme.txt",
        "train/beside.png",
        "val/a/4.png",
        "val/b/5.png",
    )
    os.mkfifo(root / "val/b/pipe.png")
    assert open_folder(root).train.counts().tolist() == [2, 1]
    assert skipped(root) == {
        "train/a/.DS_Store": Reason.HIDDEN,
        "train/a/._x.jpg": Reason.HIDDEN,
        "train/a/.hidden": Reason.HIDDEN,
        "train/a/Thumbs.db": Reason.SYSTEM,
        "train/a/Icon\r": Reason.SYSTEM,
        "train/a/none": Reason.NOT_NAMED,
        "train/readme.txt": Reason.NOT_NAMED,
        "train/beside.png": Reason.BESIDE,
        "val/b/pipe.png": Reason.NOT_REGULAR,
    }


LOOPS = {
    "to its own folder": ("a/loop", ".", Reason.LOOP),
    "to the class folder": ("a/deep/loop", "..", Reason.LOOP),
    "to the data set": ("b/loop", "../..", Reason.LOOP),
    "as a class": ("loop", ".", Reason.LOOP),
    "a class twice": ("c", "a", Reason.READ_THERE),
    "a picture twice": ("b/again.png", "../a/1.png", Reason.READ_THERE),
    "to itself": ("b/self", "self", Reason.DANGLING),
    "to itself, as a class": ("self", "self", Reason.DANGLING),
}


@pytest.mark.parametrize("case", LOOPS)
def test_a_loop_is_counted_once(write, case):
    root = write(*numbered("a", 5), *numbered("b", 4), "a/deep/9.png")
    link, target, reason = LOOPS[case]
    (root / link).symlink_to(target)
    assert open_folder(root).train.class_names == ("a", "b")
    assert len(open_whole_folder(root)) == 10
    assert skipped(root) == {link: reason}


def test_a_link_into_the_data_set_is_followed(write):
    root = write("train/a/1.png", "train/b/1.png", "pool/x/2.png", "pool/3.png")
    (root / "val").mkdir()
    (root / "val/a").symlink_to("../pool/x")
    (root / "train/b/3.png").symlink_to("../../pool/3.png")
    splits = open_folder(root)
    assert relative(splits.validation, root) == ["val/a/2.png"]
    np.testing.assert_array_equal(splits.train.counts(), [1, 2])


@pytest.mark.parametrize("link", ["a/2.png", "a/more", "c"])
def test_a_link_out_of_the_data_set_is_refused(write, tmp_path, link):
    root = write("a/1.png", "b/1.png")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.png").write_bytes((root / "a/1.png").read_bytes())
    target = outside / "x.png" if link.endswith("png") else outside
    (root / link).symlink_to(target)
    message = f"{root / link} is a link out of the data set, to {target}"
    for open_it in (open_whole_folder, open_splits):
        with pytest.raises(DataError, match=re.escape(message)):
            open_it(str(root))
    assert len(open_held_out(str(root), allow_outside_links=True)) == 3


def test_a_link_to_a_folder_around_it_is_not_followed_again(write):
    root = write("train/a/1.png", *numbered("train/b", 2), "pool/x/2.png")
    (root / "train/a/more").symlink_to("../../pool/x")
    (root / "pool/x/up").symlink_to("..")
    (root / "train/b/more").symlink_to("../../pool/x")
    assert open_whole_folder(root).counts().tolist() == [2, 2]
    assert skipped(root) == {
        "train/a/more/up": Reason.LOOP,
        "train/b/more": Reason.READ_ALREADY,
    }


def test_a_folder_that_cannot_be_listed_is_named(write, monkeypatch):
    root = write("a/1.png", "a/deep/2.png", "b/1.png")
    scandir = os.scandir

    def locked(folder):
        if folder.endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr("pipelines.data.sources.scan.os.scandir", locked)
    with pytest.raises(DataError, match=r"deep cannot be listed\. Check its"):
        open_whole_folder(root)
    assert skipped(root) == {"a/deep": Reason.UNREADABLE}


def test_a_dangling_link_is_named(write):
    root = write("a/1.png", "b/1.png")
    (root / "a/gone").symlink_to("nowhere")
    assert len(open_whole_folder(root)) == 2
    (root / "a/2.png").symlink_to("nowhere.png")
    with pytest.raises(DataError, match=r"a/2\.png is a link to nowhere\.png"):
        open_whole_folder(root)
