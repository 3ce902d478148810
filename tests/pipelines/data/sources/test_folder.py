"""Folders of pictures: every layout, every kind of file, every refusal."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.holding_out import grouped_split
from pipelines.data.sources.files import read_files
from pipelines.data.sources.folder import open_folder
from pipelines.data.sources.folder import open_whole_folder
from pipelines.data.sources.folder import read_class_folders
from zoo.errors import DataError
from zoo.errors import RequestError


def relative(examples, root):
    return [name.removeprefix(f"{root}/") for name in examples.names]


def numbered(folder, count):
    return [f"{folder}/{i}.png" for i in range(count)]


@pytest.mark.parametrize("training", ["train", "training"])
@pytest.mark.parametrize("held_out", ["val", "validation", "valid", "test"])
def test_parts_are_taken_as_they_are(write, training, held_out):
    root = write(
        *numbered(f"{training}/ant", 2),
        *numbered(f"{training}/bee", 3),
        *numbered(f"{held_out}/ant", 1),
        *numbered(f"{held_out}/bee", 2),
    )
    splits = open_folder(root)
    assert splits.note == ""
    for part, counts in ((splits.train, [2, 3]), (splits.validation, [1, 2])):
        assert part.class_names == ("ant", "bee")
        assert part.labels.dtype == np.int32
        np.testing.assert_array_equal(part.counts(), counts)
    assert relative(splits.validation, root) == [
        f"{held_out}/ant/0.png",
        f"{held_out}/bee/0.png",
        f"{held_out}/bee/1.png",
    ]
    assert open_whole_folder(root).names == splits.validation.names


def test_val_comes_before_test(write):
    root = write(
        *(f"{part}/{name}/x.png" for part in ("train", "val", "test")
          for name in "ab")
    )  # fmt: skip
    assert relative(open_folder(root).validation, root) == [
        "val/a/x.png",
        "val/b/x.png",
    ]


@pytest.mark.parametrize("prefix", ["", "train/"])
def test_a_fifth_of_every_class_is_held_out(write, prefix):
    sizes = {"a": 10, "b": 5, "c": 2, "d": 23}
    files = [f for k, n in sizes.items() for f in numbered(prefix + k, n)]
    root = write(*files)
    splits = open_folder(root, seed=3)
    np.testing.assert_array_equal(splits.validation.counts(), [2, 1, 1, 5])
    np.testing.assert_array_equal(splits.train.counts(), [8, 4, 1, 18])
    assert set(splits.train.names).isdisjoint(splits.validation.names)
    both = {*splits.train.names, *splits.validation.names}
    assert {name.removeprefix(f"{root}/") for name in both} == set(files)
    assert splits.note.endswith(
        "no validation part: held out 9 of its 40 pictures, 20% of every "
        "class (seed 3)."
    )
    assert len(open_whole_folder(root)) == 40


def test_the_split_depends_on_the_seed_only(write):
    root = write(*numbered("a", 20), *numbered("b", 20))
    held = [open_folder(root, seed=s).validation.names for s in (0, 0, 1)]
    assert held[0] == held[1] != held[2]


def test_only_a_part_to_judge_by(write):
    root = write("val/a/1.png", "val/b/1.png")
    splits = open_folder(root)
    assert splits.train is None and len(splits.validation) == 2
    assert len(open_whole_folder(root)) == 2


def test_what_is_read_and_what_is_passed_over(write):
    root = write(
        "größe und Übergröße/ein Bild.PNG",
        "größe und Übergröße/deep/er/日本.Jpeg",
        "größe und Übergröße/a.webp",
        "größe und Übergröße/b.GIF",
        "größe und Übergröße/c.bmp",
        "größe und Übergröße/.DS_Store",
        "größe und Übergröße/._a.jpg",
        "größe und Übergröße/.hidden/d.jpg",
        "größe und Übergröße/Thumbs.db",
        "größe und Übergröße/notes.txt",
        "größe und Übergröße/e",
        "zoo/x.JPG",
        ".git/objects/y.jpg",
        "lies mich.txt",
    )
    examples = read_class_folders(root)
    assert examples.class_names == ("größe und Übergröße", "zoo")
    assert relative(examples, root / "größe und Übergröße")[:5] == [
        "a.webp",
        "b.GIF",
        "c.bmp",
        "ein Bild.PNG",
        "deep/er/日本.Jpeg",
    ]
    np.testing.assert_array_equal(examples.counts(), [5, 1])
    for name, encoded in zip(
        examples.names, examples.encoded([*range(6)]), strict=True
    ):
        assert encoded == Path(name).read_bytes()


ODD = ["größe", "ein Bild", "a\nb", "x" * 251, b"\xff\xfe"]


def test_odd_names(write, encode):
    root = write("b/1.png")
    names = [os.fsdecode(name) for name in ODD]
    for number, name in enumerate(names):
        # A class is called in text.
        class_name = name[:99] if name.isprintable() else str(number)
        file = root / f"a{class_name}" / f"{name}.png"
        file.parent.mkdir()
        file.write_bytes(encode(np.full((4, 4, 3), number, "uint8")))
    examples = open_whole_folder(root)
    found = {os.path.basename(n)[:-4]: i for i, n in enumerate(examples.names)}
    assert set(found) == {*names, "1"}
    for number, name in enumerate(names):
        label = examples.labels[found[name]]
        class_name = name[:99] if name.isprintable() else str(number)
        assert examples.class_names[label] == f"a{class_name}"
        for encoded in (
            examples.encoded([found[name]])[0],
            examples.fetch(tf.constant(found[name], tf.int64)),
        ):
            assert int(tf.io.decode_png(encoded)[0, 0, 0]) == number


def test_labels_follow_the_training_part(write):
    root = write("train/a/1.png", "train/b/1.png", "val/b/1.png")
    np.testing.assert_array_equal(open_folder(root).validation.labels, [1])


def test_a_subset_reads_its_own_pictures(write):
    root = write(*numbered("a", 4), *numbered("b", 4))
    examples = read_class_folders(root)
    part = examples.subset([6, 1]).subset([1, 0])
    assert part.names == (examples.names[1], examples.names[6])
    assert part.encoded([0, 1]) == examples.encoded([1, 6])
    np.testing.assert_array_equal(part.labels, [0, 1])


def test_many_files_are_read_in_order(write):
    root = write(*numbered("a", 40), "b/x.png")
    names = read_class_folders(root).names
    assert len(set(read_files(names))) == 41
    assert read_files(names) == [Path(name).read_bytes() for name in names]


def test_a_class_is_never_held_out_whole(held):
    examples = held([b""] * 5, [0, 0, 1, 1, 1], "ab")
    held_out = grouped_split(examples, 0.9, 0)
    rest = examples.subset(np.flatnonzero(held_out))
    np.testing.assert_array_equal(rest.counts(), [1, 2])


def test_a_file_that_goes_is_named(write):
    root = write("a/1.png", "b/1.png")
    examples = open_whole_folder(root)
    (root / "b/1.png").unlink()
    with pytest.raises(DataError, match=r"b/1\.png cannot be read \(No such"):
        examples.encoded([1])


def test_no_folder(tmp_path):
    missing = tmp_path / "nowhere"
    pattern = f"`data`: there is no folder {re.escape(str(missing))}"
    for open_it in (open_folder, open_whole_folder):
        with pytest.raises(RequestError, match=pattern) as caught:
            open_it(missing)
        assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["x.png"], r"set has no class folders\. Expected one sub-folder"),
        (["a/1.png"], r"one class only, 'a'"),
        (["a/1.png", "a/2.png", "b/x.txt"], r"set/b holds no pictures \(\.jpg"),
        (["a/1.png", "b/1.png", "b/2.png"], r"class 'a' has one picture"),
        (
            ["train/a/1.png", "train/b/1.png", "val/a/1.png", "val/c/1.png"],
            r"set/val has classes that the training part lacks: c\. .*: a, b\.",
        ),
        (
            ["train/a/1.png", "train/b/1.png", "val/a/x.txt"],
            r"set/val holds no pictures\.",
        ),
    ],
)
def test_what_cannot_be_trained_on(write, files, message):
    with pytest.raises(DataError, match=message) as caught:
        open_folder(write(*files))
    assert caught.value.exit_code == 3
