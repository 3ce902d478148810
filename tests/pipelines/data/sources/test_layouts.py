"""Layouts as people and systems make them: opened as meant, or refused."""

import os
import re

import numpy as np
import pytest

from pipelines.audit.opening import open_data
from pipelines.data.sources.folder import open_folder
from pipelines.data.sources.folder import open_whole_folder
from pipelines.data.sources.layout import every_part
from pipelines.data.sources.layout import part_of
from pipelines.data.sources.opening import open_splits
from zoo.errors import DataError
from zoo.errors import RequestError


def ants_and_bees(folder, ants, bees):
    """Pictures of two classes, with names that nothing else in a set has."""
    tag = re.sub(r"\W", "-", folder)
    return [
        f"{folder}/{name}/{tag}-{name}{i}.png"
        for name, count in (("ant", ants), ("bee", bees))
        for i in range(count)
    ]


def flat(folder, count):
    return [f"{folder}/{folder}{i}.png" for i in range(count)]


PAIRS = [
    ("Training", "Testing"), ("Train", "Test"), ("TRAIN", "TEST"),
    ("train", "TEST"), ("training_set", "test_set"), ("Training Set", "Val"),
    ("trainingSet", "testSet"), ("trainset", "testset"),
    ("train2017", "val2017"),
    ("seg_train", "seg_test"), ("train_images", "validation_images"),
    ("images-train", "images-dev"), ("fruits-360_train", "fruits-360_test"),
    ("train ", "valid"), ("01_train", "02_val"), ("TrainData", "ValData"),
    ("ILSVRC2012_img_train", "ILSVRC2012_img_val"), ("train", "eval"),
]  # fmt: skip


@pytest.mark.parametrize(("train", "held_out"), PAIRS)
def test_parts_by_any_name(write, train, held_out):
    root = write(*ants_and_bees(train, 2, 3), *ants_and_bees(held_out, 1, 2))
    splits = open_folder(root)
    assert splits.train.class_names == ("ant", "bee")
    assert splits.train.counts().tolist() == [2, 3]
    assert splits.validation.counts().tolist() == [1, 2]
    assert not splits.split_off and splits.note == ""
    assert open_whole_folder(root).names == splits.validation.names
    counts = {"train": 0, "val": 0}
    for each in open_data(str(root)).listing.pictures:
        counts[each.part] += 1
    assert counts == {"train": 5, "val": 3}


@pytest.mark.parametrize(
    ("name", "part", "rest"),
    [
        ("bullet train", "train", ("bullet",)),
        ("strain", "", ("strain",)),
        ("trainer", "", ("trainer",)),
        ("contest", "", ("contest",)),
        ("train_test", "", ()),
        ("images", "", ()),
    ],
)
def test_words_are_whole_words(name, part, rest):
    assert part_of(name) == (part, rest)


# The files, the classes and how many pictures of each are learned from.
AS_CLASSES = {
    "a class of trains": (
        [*flat("bus", 2), *flat("train", 3), *flat("car", 2)],
        {"bus": 2, "car": 2, "train": 3},
    ),
    "a word of a class": (
        [*flat("bullet train", 2), *flat("tram", 3)],
        {"bullet train": 2, "tram": 3},
    ),
    "an archive's folder in a part": (
        [*ants_and_bees("seg_train/seg_train", 2, 2),
         *ants_and_bees("seg_test/seg_test", 1, 1)],
        {"ant": 2, "bee": 2},
    ),
    "a folder called images in every class": (
        ["ant/images/0.png", "ant/images/1.png", "bee/images/2.png",
         "bee/images/3.png"],
        {"ant": 2, "bee": 2},
    ),
    "numbers as names in every class": (
        ["ant/0.png", "ant/1.png", "bee/0.png", "bee/1.png"],
        {"ant": 2, "bee": 2},
    ),
    "junk beside the classes": (
        [*flat("ant", 2), *flat("bee", 2), *flat("@eaDir", 1),
         *flat("__MACOSX", 1), *flat("#recycle", 1), *flat("$RECYCLE.BIN", 1),
         *flat("lost+found", 1), *flat(".ipynb_checkpoints", 1)],
        {"ant": 2, "bee": 2},
    ),
    "thumbnails beneath a class": (
        [*flat("ant", 2), *flat("bee", 2), "ant/thumbs/0.png",
         "bee/@eaDir/bee0.png/SYNOPHOTO_THUMB_XL.jpg"],
        {"ant": 2, "bee": 2},
    ),
    "capitals in the part that is judged by": (
        [*ants_and_bees("train", 2, 2), "val/Ant/a.png", "val/BEE/b.png"],
        {"ant": 2, "bee": 2},
    ),
    "a blank behind a name": (
        [*ants_and_bees("train", 2, 2), "val/ant /a.png", "val/bee/b.png"],
        {"ant": 2, "bee": 2},
    ),
    "two ways to write an umlaut": (
        ["train/gro\u0308\u00dfe/0.png", "train/bee/1.png",
         "val/gr\u00f6\u00dfe/2.png", "val/bee/3.png"],
        {"bee": 1, "gr\u00f6\u00dfe": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", AS_CLASSES)
def test_what_is_opened(write, case):
    files, expected = AS_CLASSES[case]
    splits = open_folder(write(*files))
    parts = [splits.train] + [splits.validation] * splits.split_off
    counts = sum(part.counts() for part in parts)
    found = dict(zip(splits.train.class_names, counts, strict=True))
    assert found == expected
    assert splits.validation.class_names == splits.train.class_names
    # Of each class one or more.
    assert all(splits.validation.counts())


def test_an_unlabelled_test_part_is_left_alone(write):
    root = write(*ants_and_bees("train", 5, 5), *flat("test", 3))
    splits = open_folder(root)
    assert splits.split_off
    assert splits.train.counts().tolist() == [4, 4]
    assert splits.note.endswith(
        f"{root}/test holds 3 pictures without class folders: nothing is "
        "judged by them; the command predict says what is on them."
    )
    assert len(open_whole_folder(root)) == 10
    labels = {each.label for each in open_data(str(root)).listing.pictures}
    assert labels == {"ant", "bee"}


REFUSED = {
    "one level too deep": (
        ants_and_bees("photos", 2, 2),
        r"set holds one folder only, photos, which holds 2 folders \(ant, "
        r"bee\): .* Give `data=.*/set/photos`",
    ),
    "parts one level too deep": (
        [*ants_and_bees("x/train", 2, 2), *ants_and_bees("x/val", 2, 2)],
        r"one folder only, x, .*\(train, val\): .* Give `data=.*/set/x`",
    ),
    "a folder called images around the classes": (
        ants_and_bees("images", 2, 2),
        r"one folder only, images.* Give `data=.*/set/images`",
    ),
    "pictures and masks": (
        [*flat("images", 2), *flat("masks", 2)],
        r"holds images, masks: pictures and their masks, no classes",
    ),
    "pictures and masks in parts": (
        [*flat("train/images", 1), *flat("train/masks", 1),
         *flat("val/images", 1), *flat("val/masks", 1)],
        r"set/train holds images, masks: pictures and their masks",
    ),
    "pictures and boxes": (
        [*flat("JPEGImages", 2), "Annotations/x.txt", "ImageSets/y.txt"],
        r"pictures and their boxes or labels, no classes",
    ),
    "flat parts": (
        [*flat("train", 3), *flat("test", 2)],
        r"is called as a part of a data set \(train\), but holds no class "
        r"folders\. Expected one sub-folder .* It holds 3 pictures and no fol",
    ),
    "flat parts with other names": (
        [*flat("Training_Images", 3), *flat("Testing_Images", 2)],
        r"is called as a part of a data set .* no class folders",
    ),
    "flat parts and a table": (
        [*flat("train", 3), *flat("test", 2), "labels.csv"],
        r"no class folders",
    ),
    "a flat validation part": (
        [*ants_and_bees("train", 2, 2), *flat("val", 3)],
        r"set/val has no class folders\. Expected one .* 3 pictures and no f",
    ),
    "a flat test part beside classes": (
        [*flat("ant", 2), *flat("bee", 2), *flat("test", 2)],
        r"set/test is called as a part .* beside 2 other folders",
    ),
    "parts in another language": (
        [*ants_and_bees("Lernen", 2, 2), *ants_and_bees("Pruefen", 2, 2)],
        r"holds Lernen, Pruefen, which hold no pictures but folders of the "
        r"same names \(ant, bee\): they look like parts .* Call them train",
    ),
    "folds": (
        [each for i in range(5) for each in ants_and_bees(f"fold{i}", 1, 1)],
        r"look like parts of a set",
    ),
    "two training parts": (
        [*ants_and_bees("train2014", 2, 2), *ants_and_bees("train2017", 2, 2)],
        r"several folders that may be its part 'train': train2014, train2017",
    ),
    "one class in two folders": (
        ["gro\u0308/0.png", "gr\u00f6/1.png", "bee/2.png"],
        r"two folders for the class 'gr\u00f6', written 'gro\\u0308' and",
    ),
    "one class and a blank": (
        ["ant/0.png", "ant /1.png", "bee/2.png"],
        r"two folders for the class 'ant', written 'ant' and 'ant '",
    ),
    "a class that is not UTF-8": (
        ["a/0.png", os.fsdecode(b"\xff\xfe/1.png")],
        r"cannot be a class: it is not UTF-8\. Rename it",
    ),
    "pictures and nothing else": (
        ["0.png", "1.png"],
        r"has no class folders\..* It holds 2 pictures and no folders",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_in_words(write, case):
    files, message = REFUSED[case]
    root = write(*files)
    for open_it in (open_splits, open_data):
        if open_it is open_data:
            found = open_data(str(root)).listing.findings
            said = [each.message for each in found if each.level == "refuse"]
            assert said, found
            continue
        with pytest.raises(DataError, match=message) as caught:
            open_it(str(root))
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 2000


@pytest.fixture
def deep(write, monkeypatch):
    """A set with 1,100 folders in one another, which nothing can clear up."""
    root = write("a/0.png", "a/1.png", "b/2.png")
    monkeypatch.chdir(root / "b")
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    yield root
    for _ in range(1100):
        os.chdir("..")
        os.rmdir("d")


def test_very_deep_folders(deep):
    with pytest.raises(DataError, match=r"lies too deep in its class\. Take"):
        open_splits(str(deep))
    said = open_data(str(deep)).listing.findings[0]
    assert (said.level, said.kind) == ("refuse", "deep")


NOT_READ = {
    "photos.zip": "is a ZIP archive file, not a folder. Unpack it",
    "photos.tar.gz": "is a tar archive file, not a folder. Unpack it",
    "train.parquet": "is a Parquet file, not a folder. Write its pictures",
    "train.tfrecord": "is a TFRecord file, not a folder. Give the folder",
    "train.tfrecord-00000-of-00004": "is a TFRecord file",
    "labels.json": "is a JSON file, not a folder. Write a table",
    "metadata.jsonl": "is a JSON file",
    "labels.xlsx": "is a spreadsheet file, not a folder. Save it as CSV",
    "train.npz": "is a array file",
    "cat.jpg": "is a picture file, not a folder",
    "train.txt": "is a text file, not a folder. Write a table",
    "train.bin": "is a file of an unknown kind, not a folder",
}


@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_not_read_is_named(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"1234")
    with pytest.raises(RequestError) as caught:
        open_splits(str(path))
    assert NOT_READ[name] in str(caught.value)
    assert "there is no folder" not in str(caught.value)
    if name in ("photos.zip", "train.parquet"):
        (tmp_path / "set").mkdir()
        path.rename(tmp_path / "set" / name)
        with pytest.raises(DataError, match=r"It holds 1 .* file\. "):
            open_splits(str(tmp_path / "set"))


def test_tables_in_flat_parts_are_named(write):
    root = write(*flat("train", 3), *flat("valid", 2))
    for part in ("train", "valid"):
        (root / part / "_classes.csv").write_text("filename, ant, bee\n")
    with pytest.raises(DataError) as caught:
        open_folder(root)
    assert f"`data={root}/train/_classes.csv`" in str(caught.value)


def test_a_table_beside_flat_pictures_is_named(write):
    root = write(*flat("train", 3))
    (root / "labels.csv").write_text("id,label\n")
    with pytest.raises(DataError, match=r"labels\.csv may say more: `data="):
        open_folder(root)


def test_any_part_can_be_judged_by(write):
    root = write(
        *ants_and_bees("Train", 4, 4),
        *ants_and_bees("Val", 2, 2),
        *ants_and_bees("Test", 3, 3),
    )
    assert set(every_part(root)) == {"train", "val", "test"}
    counts = {
        part: len(open_whole_folder(root, part=part))
        for part in (None, "train", "val", "test")
    }
    assert counts == {None: 4, "train": 8, "val": 4, "test": 6}
    names = open_folder(root).validation.names
    assert all("/Val/" in name for name in names)
    with pytest.raises(RequestError, match=r"`part=val`: .* has: train"):
        open_whole_folder(write_only_train(root), part="val")


def write_only_train(root):
    for part in ("Val", "Test"):
        (root / part).rename(root.parent / part)
    return root


def test_labels_of_the_other_part_are_the_same(write):
    root = write("train/b/0.png", "train/a/1.png", "Test/A/2.png")
    np.testing.assert_array_equal(open_folder(root).validation.labels, [0])
