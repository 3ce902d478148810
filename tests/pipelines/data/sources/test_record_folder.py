"""Folders of TFRecord files that others wrote: parts, labels and names."""

import gzip

import numpy as np
import pytest
import tensorflow as tf

from pipelines.audit.opening import open_data
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from zoo.errors import DataError
from zoo.errors import RequestError


def example(**values):
    """A record: bytes and integers by the names of TF Models or others."""
    features = {}
    for name, value in values.items():
        if isinstance(value, int):
            kind = tf.train.Int64List(value=[value])
            feature = tf.train.Feature(int64_list=kind)
        else:
            kind = tf.train.BytesList(value=[value])
            feature = tf.train.Feature(bytes_list=kind)
        features[name] = feature
    features = tf.train.Features(feature=features)
    return tf.train.Example(features=features).SerializeToString()


def record(picture, label, **more):
    return example(
        **{"image/encoded": picture, "image/class/label": label, **more}
    )


@pytest.fixture
def write(tmp_path):
    """Returns a function: a folder of files of records."""

    def make(**files):
        for name, records in files.items():
            path = tmp_path / "set" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with tf.io.TFRecordWriter(str(path)) as writer:
                for each in records:
                    writer.write(each)
        return str(tmp_path / "set")

    return make


@pytest.fixture
def pictures(encode, noise):
    return [encode(noise(12, 14, i), "JPEG") for i in range(12)]


def numbered(pictures, labels, **more):
    return [
        record(each, label, **{k: v[label] for k, v in more.items()})
        for each, label in zip(pictures, labels, strict=True)
    ]


def test_imagenets_shards(write, pictures):
    synsets = {1: b"n01440764", 2: b"n01443537", 3: b"n01484850"}
    texts = {1: b"tench, Tinca tinca", 2: b"crane", 3: b"crane"}
    more = {"image/class/synset": synsets, "image/class/text": texts}
    folder = write(
        **{
            "train-00000-of-00002": numbered(pictures[:3], [3, 1, 1], **more),
            "train-00001-of-00002": numbered(pictures[3:6], [2, 2, 3], **more),
            "validation-00000-of-00001": numbered(
                pictures[6:8], [2, 1], **more
            ),
            "test-00000-of-00001": numbered(pictures[8:9], [-1]),
        }
    )
    splits = open_splits(folder)
    train, held_out = splits.train, splits.validation
    assert train.class_names == ("n01440764", "n01443537", "n01484850")
    assert train.labels.tolist() == [2, 0, 0, 1, 1, 2]
    assert held_out.labels.tolist() == [1, 0]
    assert train.encoded([5, 0, 3]) == [pictures[i] for i in (5, 0, 3)]
    assert held_out.encoded([0, 1]) == pictures[6:8]
    assert train.names[4] == f"{folder}/train-00001-of-00002#1"
    assert splits.note == (
        "The records' labels 1…3 are taken as 0…2: 1 is 'n01440764'."
    )
    assert open_held_out(folder).encoded([0]) == pictures[6:7]
    assert len(open_held_out(folder, part="train")) == 6
    assert open_held_out(folder, part="val").labels.tolist() == [1, 0]


def test_names_that_classes_share_are_told_apart(write, pictures):
    texts = {0: b"crane", 1: b"heron", 2: b"crane"}
    more = {"image/class/text": texts}
    folder = write(
        **{
            "birds_train_00000-of-00001.tfrecord": numbered(
                pictures[:6], [0, 1, 2] * 2, **more
            ),
            "birds_validation_00000-of-00001.tfrecord": numbered(
                pictures[6:8], [0, 2], **more
            ),
        }
    )
    splits = open_splits(folder)
    assert splits.train.class_names == ("crane (0)", "heron", "crane (2)")
    assert (splits.note, len(splits.validation)) == ("", 2)


def test_parts_may_be_folders_and_classes_numbers(write, pictures):
    folder = write(
        **{
            "train/0.tfrec": numbered(pictures[:4], [5, 7, 5, 7]),
            "val/0.tfrec": numbered(pictures[4:6], [7, 5]),
        }
    )
    splits = open_splits(folder)
    assert splits.train.class_names == ("5", "7")
    assert splits.validation.labels.tolist() == [1, 0]
    assert "5…7 are taken as 0…1" in splits.note


@pytest.mark.parametrize("keys", [("image", "label"), ("image", "class")])
def test_one_part_is_split_and_other_keys_are_known(write, pictures, keys):
    image, label = keys
    records = [
        example(**{image: each, label: i % 2})
        for i, each in enumerate(pictures)
    ]
    folder = write(**{"flowers.tfrecord": records})
    splits = open_splits(folder)
    assert splits.split_off
    assert len(splits.train) + len(splits.validation) == 12
    audited = open_data(folder)
    assert len(audited.listing.pictures) == 12
    assert set(audited.encoded([*range(12)])) == set(pictures)


def test_what_cannot_be_read_is_named(write, pictures, tmp_path):
    folder = write(**{"train.tfrecord": [example(note=b"x", number=3)]})
    with pytest.raises(DataError, match="received note, number"):
        open_splits(folder)
    write(**{"train.tfrecord": numbered(pictures[:4], [0, 1, 0, 1])})
    with pytest.raises(RequestError, match=r"has no such part\. It has: train"):
        open_held_out(folder, part="val")
    write(**{"val.tfrecord": numbered(pictures[4:5], [3])})
    with pytest.raises(DataError, match="of the label 3, which is none of"):
        open_splits(folder)
    path = tmp_path / "set" / "val.tfrecord"
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(DataError, match=r"val\.tfrecord is compressed"):
        open_splits(folder)
    path.write_bytes((tmp_path / "set" / "train.tfrecord").read_bytes()[:-9])
    with pytest.raises(DataError, match=r"val\.tfrecord is truncated"):
        open_splits(folder)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="or nothing"):
        open_splits(folder)


def test_a_test_part_without_labels_is_passed_over(write, pictures):
    folder = write(
        **{
            "train.tfrec": numbered(pictures[:10], [0, 1] * 5),
            "test.tfrec": [example(**{"image/encoded": pictures[10]})],
        }
    )
    splits = open_splits(folder)
    assert len(splits.train) + len(splits.validation) == 10
    np.testing.assert_array_equal(np.unique(splits.train.labels), [0, 1])
