"""Packing a data set into shards, and reading them again."""

import hashlib
import json
import os

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.examples import Splits
from pipelines.data.packing import packing as module
from pipelines.data.packing import shard_writing
from pipelines.data.packing.packing import Packing
from pipelines.data.packing.packing import pack
from pipelines.data.packing.reencoding import reencode
from pipelines.data.sources.manifest import entries
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from zoo.errors import DataError
from zoo.errors import IntegrityError
from zoo.errors import RequestError

FORMATS = ("tfrecord", "arrayrecord")
# Four pictures of 200 to 1,500 bytes a shard, or fewer.
SMALL = 0.0015


@pytest.fixture
def splits(picture_folder):
    return open_splits(str(picture_folder))


def contents(examples):
    return examples.encoded([*range(len(examples))])


def assert_same(found, expected):
    assert found.names == expected.names
    assert found.class_names == expected.class_names
    np.testing.assert_array_equal(found.labels, expected.labels)
    assert contents(found) == contents(expected)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_packed_comes_out_again(splits, tmp_path, kind):
    manifest = pack(splits, tmp_path / "out", Packing(kind, shard_mb=SMALL))
    opened = open_splits(str(tmp_path / "out"))
    assert opened.note == ""
    assert_same(opened.train, splits.train)
    assert_same(opened.validation, splits.validation)
    assert_same(open_held_out(str(tmp_path / "out")), splits.validation)
    shards = manifest["splits"]["train"]["shards"]
    assert len(shards) > 2 and sum(s["examples"] for s in shards) == 12
    for shard in shards:
        data = (tmp_path / "out" / shard["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == shard["sha256"]
    parts = manifest["splits"].values()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "manifest.json",
        "train.index.npz",
        "val.index.npz",
        *(shard["file"] for part in parts for shard in part["shards"]),
    }


def test_other_readers_find_the_usual_names(splits, tmp_path):
    pack(splits, tmp_path / "out")
    records = tf.data.TFRecordDataset(str(tmp_path / "out/val-00000.tfrecord"))
    features = {
        "image/encoded": tf.io.FixedLenFeature((), tf.string),
        "image/class/label": tf.io.FixedLenFeature((), tf.int64),
        "image/class/text": tf.io.FixedLenFeature((), tf.string),
        "image/filename": tf.io.FixedLenFeature((), tf.string),
    }
    found = [tf.io.parse_single_example(r, features) for r in records]
    part = splits.validation
    assert [each["image/encoded"].numpy() for each in found] == contents(part)
    assert [int(e["image/class/label"]) for e in found] == part.labels.tolist()
    assert [e["image/filename"].numpy().decode() for e in found] == [
        *part.names
    ]
    assert found[-1]["image/class/text"] == b"red"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("stop_at", [0, 3, 7])
def test_a_killed_run_goes_on(splits, tmp_path, monkeypatch, kind, stop_at):
    packing = Packing(kind, shard_mb=SMALL)
    whole = pack(splits, tmp_path / "whole", packing)
    written, save = [], shard_writing.save_arrays

    def die(path, arrays):
        if len(written) == stop_at:
            raise KeyboardInterrupt
        written.append(path)
        return save(path, arrays)

    monkeypatch.setattr(shard_writing, "save_arrays", die)
    with pytest.raises(KeyboardInterrupt):
        pack(splits, tmp_path / "out", packing)
    (tmp_path / "out" / f"train-00009.{kind}.unfinished").write_bytes(b"half")
    monkeypatch.setattr(shard_writing, "save_arrays", save)
    kept = {path: os.stat(path.with_suffix("")).st_mtime_ns for path in written}
    assert pack(splits, tmp_path / "out", packing) == whole
    for path, time in kept.items():
        assert os.stat(path.with_suffix("")).st_mtime_ns == time
    assert sorted(os.listdir(tmp_path / "out")) == sorted(
        os.listdir(tmp_path / "whole")
    )


def test_a_half_shard_is_written_again(splits, tmp_path, monkeypatch):
    packing = Packing(shard_mb=SMALL)
    whole = pack(splits, tmp_path / "whole", packing)
    monkeypatch.setattr(module, "_finish", lambda *rest: None)
    pack(splits, tmp_path / "out", packing)
    monkeypatch.undo()
    shard = tmp_path / "out/train-00001.tfrecord"
    shard.write_bytes(shard.read_bytes()[:-5])
    (tmp_path / "out/train-00002.tfrecord.npz").write_bytes(b"PK")
    assert pack(splits, tmp_path / "out", packing) == whole
    assert_same(open_splits(str(tmp_path / "out")).train, splits.train)


def test_nothing_is_written_over(splits, tmp_path, monkeypatch):
    packing = Packing(shard_mb=SMALL)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years")
    with pytest.raises(RequestError, match="was not begun by this command"):
        pack(splits, tmp_path / "mine", packing)
    assert os.listdir(tmp_path / "mine") == ["thesis.txt"]
    with monkeypatch.context() as patch:
        patch.setattr(module, "_finish", lambda *rest: None)
        pack(splits, tmp_path / "out", packing)
    with pytest.raises(
        RequestError, match=r"quality was 90, is 80; .* 0\.0015"
    ):
        pack(splits, tmp_path / "out", Packing(quality=80))
    other = Splits(splits.train.subset(range(11)), splits.validation)
    with pytest.raises(RequestError, match=r"pictures was {'train': 12"):
        pack(other, tmp_path / "out", packing)
    pack(splits, tmp_path / "out", packing)
    with pytest.raises(RequestError, match="holds finished shards"):
        pack(splits, tmp_path / "out", packing)


def test_one_part_is_split_when_it_is_opened(splits, tmp_path):
    pack(Splits(splits.train, None), tmp_path / "out")
    opened = open_splits(str(tmp_path / "out"), seed=5)
    assert len(opened.train) == 9 and len(opened.validation) == 3
    assert "held out 3 of its 12 pictures" in opened.note
    assert len(open_held_out(str(tmp_path / "out"))) == 12


@pytest.mark.parametrize("kind", FORMATS)
def test_one_bit_is_found(splits, tmp_path, kind):
    pack(splits, tmp_path / "out", Packing(kind))
    train = open_splits(str(tmp_path / "out")).train
    path = tmp_path / "out" / f"train-00000.{kind}"
    data = bytearray(path.read_bytes())
    place = data.find(contents(train)[4]) + 100
    data[place] ^= 4
    path.write_bytes(data)
    found = hashlib.sha256(data).hexdigest()
    said = rf"{path} is not what was packed: expected sha256 \w+, .* {found}\."
    with pytest.raises(IntegrityError, match=said):
        open_splits(str(tmp_path / "out"))
    # It may change after it was opened, too.
    again = train
    # ArrayRecord notices by its own checksum.
    with pytest.raises(DataError, match=str(path)) as caught:
        again.encoded([4])
    assert caught.value.exit_code == 3
    assert again.encoded([0, 11]) == train.subset([0, 11]).encoded([0, 1])


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("train-00000.tfrecord", b"", r"bytes, received 0\. Copy it again"),
        ("train-00000.tfrecord", None, "received no file"),
        ("train.index.npz", b"PK", r"is not what was packed: expected sha256"),
        ("manifest.json", b"{", "is no list of shards"),
        ("manifest.json", b'{"version": 2}', "by another version"),
    ],
)
def test_what_is_damaged_is_named(splits, tmp_path, name, change, message):
    pack(splits, tmp_path / "out")
    path = tmp_path / "out" / name
    path.unlink() if change is None else path.write_bytes(change)
    with pytest.raises((DataError, IntegrityError), match=message) as caught:
        open_splits(str(tmp_path / "out"))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("part", ["train", "val"])
def test_a_shard_of_zeros_is_found_when_it_is_opened(splits, tmp_path, part):
    folder = tmp_path / "out"
    pack(splits, folder)
    path = folder / f"{part}-00000.tfrecord"
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(IntegrityError, match=str(path)) as caught:
        open_held_out(str(folder), part=part)
    assert caught.value.exit_code == 4


def test_a_class_renamed_in_the_list_is_found(splits, tmp_path):
    folder = tmp_path / "out"
    pack(splits, folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    names = manifest["class_names"]
    path.write_text(path.read_text().replace(f'"{names[0]}"', '"wasp"'))
    with pytest.raises(IntegrityError, match=manifest["sha256"]):
        open_splits(str(folder))
    # As it was written before it had a hash.
    del manifest["sha256"]
    path.write_text(json.dumps(manifest))
    assert open_splits(str(folder)).train.class_names == tuple(names)


def test_a_shard_is_hashed_once_a_process(splits, tmp_path, monkeypatch):
    folder, hashed = str(tmp_path / "out"), []
    digest = hashlib.file_digest

    def counted(file, name):
        hashed.append(file.name)
        return digest(file, name)

    pack(splits, folder, Packing(shard_mb=SMALL))
    monkeypatch.setattr(hashlib, "file_digest", counted)
    for _ in range(2):
        open_splits(folder)
        open_held_out(folder)
    assert len(hashed) == len(set(hashed)) > 3
    # Another file of the same size is hashed again.
    os.utime(hashed[0], (1, 1))
    open_splits(folder)
    assert hashed.count(hashed[0]) == 2


def test_a_list_without_hashes_is_none(splits, tmp_path):
    pack(splits, tmp_path / "out")
    path = tmp_path / "out/manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["splits"]["train"]["shards"][0]["sha256"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="is no list of shards"):
        open_splits(str(tmp_path / "out"))


def test_shards_are_read_inside_their_folder_only(splits, tmp_path):
    pack(splits, tmp_path / "out")
    path = tmp_path / "out/manifest.json"
    manifest = json.loads(path.read_text())
    manifest["splits"]["train"]["shards"][0]["file"] = "../../secret"
    del manifest["sha256"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="out/secret is not the shard"):
        open_splits(str(tmp_path / "out"))


def test_a_manifest_lists_files_not_shards(splits, tmp_path):
    pack(splits, tmp_path / "out")
    with pytest.raises(RequestError, match="A manifest lists files"):
        list(entries(open_splits(str(tmp_path / "out"))))


def test_only_large_pictures_are_made_smaller(encode, smooth, tmp_path):
    small, large = encode(smooth(40, 30)), encode(smooth(120, 60))
    assert reencode(small, "small", 40, 90) == small
    shrunk = tf.io.decode_jpeg(reencode(large, "large", 40, 95)).numpy()
    assert shrunk.shape == (40, 20, 3)
    expected = tf.image.resize(
        smooth(120, 60), (40, 20), "lanczos3", antialias=True
    )
    assert np.abs(shrunk - expected.numpy()).mean() < 2
    with pytest.raises(DataError, match="wrong cannot be decoded"):
        reencode(large[:100], "wrong", 40, 90)


def test_packing_smaller(splits, tmp_path):
    pack(splits, tmp_path / "out", Packing(max_side=21))
    opened = open_splits(str(tmp_path / "out")).train
    sizes = [tf.io.decode_image(each).shape[0] for each in contents(opened)]
    assert sizes == [20, 21, 21, 21] * 3
    assert contents(opened)[:2] == contents(splits.train)[:2]
