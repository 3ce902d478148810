"""CSV manifests: what they may look like, and every row that is refused."""

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.sources import csv_files
from pipelines.data.sources.csv_source import open_csv
from pipelines.data.sources.manifest import ManifestRow
from pipelines.data.sources.manifest import entries
from pipelines.data.sources.manifest import write_manifest
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from zoo.errors import DataError
from zoo.errors import RequestError

FILES = [f"{name}{i}.png" for name in ("ant", "bee") for i in range(4)]
ROWS = [f"{file},{file[:3]}" for file in FILES]


@pytest.fixture
def write(tmp_path, encode):
    """Returns a function: writes a manifest beside eight pictures."""
    for number, file in enumerate(FILES):
        pixels = np.full((4, 4, 3), number, "uint8")
        (tmp_path / file).write_bytes(encode(pixels))

    def make(rows, header="path,label", name="list.csv"):
        data = rows if isinstance(rows, bytes) else "\n".join([header, *rows])
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return make


@pytest.fixture
def frozen(picture_folder, tmp_path):
    """A frozen manifest of a copy of the picture folder."""
    for file in picture_folder.rglob("*.*"):
        copy = tmp_path / "set" / file.relative_to(picture_folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    splits = open_splits(str(tmp_path / "set"))
    path = tmp_path / "frozen.csv"
    write_manifest(path, entries(splits), splits.train.class_names)
    return path


def base(examples):
    return [os.path.basename(name) for name in examples.names]


def test_a_part_is_held_out_where_there_is_no_split(write):
    splits = open_csv(write(ROWS), seed=3)
    assert splits.train.class_names == ("ant", "bee")
    np.testing.assert_array_equal(splits.train.counts(), [3, 3])
    np.testing.assert_array_equal(splits.validation.counts(), [1, 1])
    assert "held out 2 of its 8 pictures" in splits.note
    assert sorted(base(splits.train) + base(splits.validation)) == FILES


def test_splits_are_taken_as_they_are(write):
    parts = ("train", "val", "test", "train")
    rows = [
        f"{part},{row}"
        for part, row in zip(parts * 2, reversed(ROWS), strict=True)
    ]
    path = write(rows, "split,path,label")
    splits = open_splits(str(path))
    assert splits.note == ""
    assert base(splits.train) == [
        "bee3.png",
        "bee0.png",
        "ant3.png",
        "ant0.png",
    ]
    assert base(splits.validation) == ["bee2.png", "ant2.png"]
    np.testing.assert_array_equal(splits.train.labels, [1, 1, 0, 0])
    held_out = open_held_out(str(path))
    assert held_out.names == splits.validation.names
    for name, data in zip(
        held_out.names, held_out.encoded([0, 1]), strict=True
    ):
        assert name.endswith("2.png") and data == Path(name).read_bytes()


def test_only_a_part_to_judge_by(write):
    splits = open_csv(write([f"{row},val" for row in ROWS], "path,label,split"))
    assert splits.train is None and len(splits.validation) == 8


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n") + b"\r\n",
        lambda text: text.replace(b"path,label", b'"Path", label'),
        lambda text: text.replace(b"ant0.png", b'"ant0.png"') + b"\n\n",
        lambda text: (
            text.replace(b",ant\n", b",ant,9\n")
            .replace(b",bee", b",bee,8")
            .replace(b"label", b"label,width")
        ),
    ],
    ids=["bom", "crlf", "both", "header", "quotes", "columns"],
)
def test_what_tables_write(write, change):
    plain = open_csv(write(ROWS))
    path = write(
        change("\n".join(["path,label", *ROWS]).encode()), name="x.csv"
    )
    again = open_csv(path)
    assert again.train.names == plain.train.names
    np.testing.assert_array_equal(again.train.labels, plain.train.labels)


@pytest.mark.parametrize(
    "labels", ["0 1", "2 1", "10 9"], ids=lambda text: text
)
def test_labels_that_are_numbers_are_sorted_as_numbers(write, labels):
    first, second = labels.split()
    rows = [row.replace(",ant", f",{first}") for row in ROWS]
    path = write([row.replace(",bee", f",{second}") for row in rows])
    if labels == "10 9":
        with pytest.raises(DataError, match=r"row 6: the label 9 is out of"):
            open_csv(path)
        return
    names = tuple(sorted((first, second)))
    assert open_csv(path).train.class_names == names


def test_class_names_in_their_own_order(write, tmp_path):
    names = ["bee", "wasp", "ant"]
    (tmp_path / "list.classes.json").write_text(json.dumps(names))
    rows = [f"{row},train" for row in ROWS]
    rows[2:4] = ["ant2.png,2,val", "ant3.png,ant,val"]
    splits = open_csv(write(rows, "path,label,split"))
    assert splits.train.class_names == tuple(names)
    np.testing.assert_array_equal(splits.train.labels, [2, 2, 0, 0, 0, 0])
    np.testing.assert_array_equal(splits.validation.labels, [2, 2])
    assert splits.note.endswith("1 classes have no pictures: wasp")


REFUSED = {
    "missing file": (
        {3: "ant9.png,ant"},
        r"row 5: there is no file .*ant9\.png",
    ),
    "duplicate": ({6: ROWS[1]}, r"row 8: ant1\.png is listed already"),
    "below the range": ({4: "bee0.png,-1"}, r"row 6: .*'-1'"),
    "above the range": ({4: "bee0.png,2"}, r"row 6: .*'2'.* in 0…1"),
    "unknown class": ({4: "bee0.png,fly"}, r"row 6: there is no class 'fly'"),
    "empty path": ({0: ",ant"}, "row 2: the path is empty"),
    "too many columns": (
        {5: "a,b,c"},
        r"row 7: expected 2 columns .*received 3",
    ),
    "too few columns": ({5: "a"}, r"row 7: expected 2 columns .*received 1"),
    "after a blank line": ({2: "\n\nant2.png,fly"}, "row 6: there is no class"),
    "after a long name": (
        {1: '"a\nb.png",ant', 2: "ant2.png,fly"},
        "row 5: there is no class",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_rows_that_are_refused(write, tmp_path, case):
    changes, message = REFUSED[case]
    (tmp_path / "list.classes.json").write_text('["ant", "bee"]')
    path = write([changes.get(i, row) for i, row in enumerate(ROWS)])
    with pytest.raises(DataError, match=message) as caught:
        open_csv(path)
    assert str(caught.value).startswith(f"{path}, row ")


@pytest.mark.parametrize(
    ("header", "row", "other", "message"),
    [
        ("width,age,sex", "1,2,3", "", r"row 1: .* received: width,age,sex"),
        ("path", "x", "", r"row 1: expected the header"),
        ("path,label,label", "x,y,z", "", "row 1: expected the header"),
        (
            "path,label,split",
            "ant0.png,ant,other",
            "bee",
            "row 2: .* split 'other'",
        ),
        ("path,label,size", "ant0.png,ant,9", "bee", r"row 2: .*expected 9 by"),
        (
            "path,label,size",
            "ant0.png,ant,big",
            "bee",
            "row 2: .* size .*'big'",
        ),
        ("path,label,size", "ant0.png,ant,", "bee", "row 2: .* a size .*''"),
        ("path,label,sha256", "ant0.png,ant,12", "bee", "row 2: .*'12'"),
        ("path,label", "ant0.png,x", "ant1", "has one class only, 'x'"),
        ("path,label", "ant0.png,", "bee", "row 2: the label is empty"),
    ],
)
def test_tables_that_are_refused(write, header, row, other, message):
    with pytest.raises(DataError, match=message) as caught:
        open_csv(write([row, row.replace("ant", other)], header))
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("text", [b"", b"path,label", b"path,label\n"])
def test_nothing_is_listed(write, text):
    with pytest.raises(
        DataError, match=r"expected the header|lists no pictures"
    ):
        open_csv(write(text))


def test_classes_to_judge_by_that_are_not_learned(write):
    rows = [f"{row},{'val' if 'bee' in row else 'train'}" for row in ROWS]
    with pytest.raises(
        DataError, match=r"row 6: .* classes that the training part lacks: bee"
    ):
        open_csv(write(rows, "path,label,split"))


def test_no_manifest(tmp_path):
    for open_it in (open_splits, open_held_out):
        with pytest.raises(RequestError, match="there is no manifest"):
            open_it(str(tmp_path / "none.csv"))


def test_only_some_of_very_many_files_are_looked_for(write, monkeypatch):
    monkeypatch.setattr(csv_files, "LOOKED_FOR", 5)
    monkeypatch.setattr(csv_files, "_SAMPLED", 2)
    path = write([*ROWS[:3], "gone.png,ant", *ROWS[4:]])
    examples = open_held_out(str(path))
    (place,) = np.flatnonzero([n.endswith("gone.png") for n in examples.names])
    with pytest.raises(DataError, match=r"gone\.png cannot be read \(No such"):
        examples.encoded([int(place)])
    with pytest.raises(DataError, match="row 9: there is no file"):
        open_csv(write([*ROWS[:7], "gone.png,bee"]))


ODD = [
    "größe.png",
    "ein Bild.png",
    "a\nb.png",
    "x" * 251 + ".png",
    b"\xff\xfe.png",
]


def test_odd_names(tmp_path, encode):
    names = [os.fsdecode(name) for name in ODD]
    root = tmp_path / "a,b"
    for number, name in enumerate(names):
        file = root / "c" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(np.full((4, 4, 3), number, "uint8")))
    listed = [
        ManifestRow(
            str(root / "c" / name),
            f"c{number % 2}",
            "val",
            (root / "c" / name).stat().st_size,
            hashlib.sha256((root / "c" / name).read_bytes()).hexdigest(),
        )
        for number, name in enumerate(names)
    ]
    assert write_manifest(root / "m.csv", listed, ("c0", "c1")) == 5
    examples = open_held_out(str(root / "m.csv"))
    assert base(examples) == names
    for with_hashes in (examples, unhashed(examples)):
        for i, name in enumerate(names):
            picture = tf.io.decode_png(with_hashes.encoded([i])[0])
            assert int(picture[0, 0, 0]) == i, name


def unhashed(examples):
    return dataclasses.replace(examples, sha256=None)


def test_a_frozen_manifest_is_the_folder_again(frozen, picture_folder):
    folder, splits = open_splits(str(picture_folder)), open_splits(str(frozen))
    assert splits.note == ""
    for part in ("train", "validation"):
        found, expected = getattr(splits, part), getattr(folder, part)
        assert base(found) == base(expected)
        assert found.class_names == expected.class_names
        np.testing.assert_array_equal(found.labels, expected.labels)
        every = [*range(len(found))]
        assert found.encoded(every) == expected.encoded(every)
    header, first, *_ = frozen.read_text().splitlines()
    assert header == "path,label,split,size,sha256"
    assert first.startswith("set/train/blue/0.png,blue,train,")


def test_every_bit_that_changes_is_found(frozen):
    examples = open_splits(str(frozen)).train
    path, random = examples.names[3], np.random.default_rng(0)
    whole = Path(path).read_bytes()
    for bit in random.choice(8 * len(whole), 40, replace=False):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        Path(path).write_bytes(data)
        with pytest.raises(DataError) as caught:
            examples.encoded([0, 3])
        assert str(caught.value).startswith(f"{path} is not the file that")
    # At the start where the pictures are held, when it comes up where not.
    with pytest.raises(DataError, match="is not the file"):
        _ = open_splits(str(frozen)).train.held
    again = open_splits(str(frozen)).train
    vars(again)["held"] = None
    reading = tf.data.Dataset.range(12).map(again.tensor)
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not the file"):
        list(reading)


def test_a_file_of_another_size_is_found_at_once(frozen):
    path = open_splits(str(frozen)).train.names[5]
    with open(path, "ab") as file:
        file.write(b"\0")
    with pytest.raises(DataError, match=r"row 7: .* expected \d+ bytes"):
        open_splits(str(frozen))


def test_a_manifest_is_never_written_over(frozen):
    before = frozen.read_bytes()
    with pytest.raises(RequestError, match=r"frozen\.csv is there already"):
        write_manifest(frozen, [], ("a", "b"))
    assert frozen.read_bytes() == before
    with pytest.raises(RequestError, match=r"ends in \.csv"):
        write_manifest(frozen.with_suffix(".txt"), [], ("a", "b"))


def test_a_manifest_is_there_whole_or_not_at_all(tmp_path):
    def listed():
        yield ManifestRow("a.png", "a", "train", 1, "0" * 64)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_manifest(tmp_path / "m.csv", listed(), ("a", "b"))
    assert os.listdir(tmp_path) == []
