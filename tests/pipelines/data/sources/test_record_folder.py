"""Folders of TFRecord files that others wrote: parts, labels and names."""

import gzip

import numpy as np
import pytest
import tensorflow as tf

from pipelines.audit.opening import open_data
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from pipelines.data.sources.record_files import record_files
from zoo.errors import DataError
from zoo.errors import RequestError


def example(**values):
    """A record: bytes and integers by the names of TF Models or others."""
    features = {}
    for name, value in values.items():
        if isinstance(value, float):
            kind = tf.train.FloatList(value=[value])
            feature = tf.train.Feature(float_list=kind)
        elif isinstance(value, int | list):
            numbers = value if isinstance(value, list) else [value]
            kind = tf.train.Int64List(value=numbers)
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


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_an_empty_shard_leaves_every_class_its_name(write, pictures, empty):
    more = {"image/class/text": {0: b"ant", 1: b"bee"}}
    shards = [
        numbered(pictures[:3], [0, 0, 0], **more),
        numbered(pictures[3:6], [1, 1, 1], **more),
    ]
    shards.insert(empty, [])
    files = {f"train-{i}-of-3": each for i, each in enumerate(shards)}
    files["val-0-of-1"] = numbered(pictures[6:8], [1, 0], **more)
    train = open_splits(write(**files)).train
    assert train.class_names == ("ant", "bee")
    assert train.labels.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ([1, 0], "a list of several numbers"),
        ([], "a list of no numbers"),
        (b"cat", "received text"),
        (1.0, "received fractions"),
    ],
    ids=["several", "none", "text", "fraction"],
)
def test_a_label_that_is_no_number_is_refused(write, pictures, label, said):
    records = numbered(pictures[:4], [0, 1, 0, 1])
    folder = write(**{"train.tfrec": [*records, record(pictures[4], label)]})
    with pytest.raises(DataError, match=f"record 4: expected .*{said}.*table"):
        open_splits(folder)


def unpacked(picture, labels):
    """A record as old writers made them: a field for each number."""

    def field(number, value):
        length, head = len(value), bytearray([number << 3 | 2])
        while length > 127:
            head.append(length & 127 | 128)
            length >>= 7
        return bytes([*head, length]) + value

    def feature(name, kind, value):
        return field(1, field(1, name) + field(2, field(kind, value)))

    numbers = b"".join(bytes([8, label]) for label in labels)
    return field(
        1,
        feature(b"image/encoded", 1, field(1, picture))
        + feature(b"image/class/label", 3, numbers),
    )


def test_numbers_may_be_fields_of_their_own(write, pictures):
    records = [unpacked(each, [i % 2]) for i, each in enumerate(pictures)]
    files = {"train.tfrec": records[:8], "val.tfrec": records[8:]}
    splits = open_splits(write(**files))
    assert splits.train.labels.tolist() == [0, 1] * 4
    assert splits.validation.encoded([3]) == pictures[11:]
    files["val.tfrec"] = [unpacked(pictures[0], [1, 0])]
    with pytest.raises(DataError, match="a list of several numbers"):
        open_splits(write(**files))


@pytest.mark.parametrize("inside", ["", "train/"])
def test_records_beside_class_folders_are_refused(
    write, pictures, tmp_path, inside
):
    folder = write(
        **{f"{inside}cache.tfrecord": numbered(pictures[:2], [0, 1])}
    )
    for name in ("ant", "bee"):
        place = tmp_path / "set" / inside / name
        place.mkdir(parents=True)
        (place / "1.jpg").write_bytes(pictures[0])
    for opener in (open_splits, open_held_out):
        with pytest.raises(DataError, match=r"\(cache\.tfrecord\) and folders"):
            opener(folder)


@pytest.mark.parametrize("train", ["train.tfrec", "train/0.tfrec"])
def test_files_of_no_part_are_said(write, pictures, caplog, train):
    folder = write(
        **{
            train: numbered(pictures[:10], [0, 1] * 5),
            "more.tfrec": numbered(pictures[10:], [0, 1]),
        }
    )
    caplog.set_level("INFO", "zoo")
    splits = open_splits(folder)
    assert len(splits.train) + len(splits.validation) == 10
    assert "1 of 2 TFRecord files is not read: more.tfrec" in caplog.text


def test_shards_of_something_else_are_none(tmp_path):
    for name in (
        "model.ckpt.data-00000-of-00001",
        "cifar-train.arrayrecord-00000-of-00001",
        "photos.zip-1-of-2",
    ):
        (tmp_path / name).write_bytes(b"1")
    assert record_files(tmp_path) == {}
    (tmp_path / "cifar-train.tfrecord-00000-of-00001").write_bytes(b"")
    (tmp_path / "train-00000-of-00001").write_bytes(b"")
    assert len(record_files(tmp_path)["train"]) == 2


def test_one_part_may_be_files_and_another_a_folder(write, pictures):
    folder = write(
        **{
            "train-00000-of-00001": numbered(pictures[:4], [0, 1, 0, 1]),
            "validation/00000.tfrec": numbered(pictures[4:6], [1, 0]),
        }
    )
    splits = open_splits(folder)
    assert len(splits.train) == 4
    assert splits.validation.labels.tolist() == [1, 0]


def test_a_part_that_is_files_and_a_folder_is_refused(write, pictures):
    folder = write(
        **{
            "train.tfrec": numbered(pictures[:2], [0, 1]),
            "training/0.tfrec": numbered(pictures[2:4], [0, 1]),
        }
    )
    said = r"train\.tfrec and .*training/0\.tfrec are both of the part 'train'"
    with pytest.raises(DataError, match=said):
        open_splits(folder)


@pytest.mark.parametrize(
    "name",
    [
        "train_00000-of-00001",
        "flowers.v1-train-00000-of-00001",
        "flowers.v1.train_0-of-1",
        "train.2024-05-01-0-of-1",
        "train/00000-of-00001",
        "train/v1.0-of-1",
    ],
)
def test_how_shards_may_be_called(write, pictures, name):
    folder = write(**{name: numbered(pictures[:2], [0, 1])})
    ((part, paths),) = record_files(folder).items()
    assert (part, paths) == ("train", [f"{folder}/{name}"])


@pytest.mark.parametrize(
    "content", [b"", b"1", bytes(64), b"\x02" + bytes(11) + b"\n"]
)
def test_what_does_not_begin_as_a_record_is_none(tmp_path, content):
    for name in ("variables.data-00000-of-00001", "v1.train-0-of-1"):
        (tmp_path / name).write_bytes(content)
    assert record_files(tmp_path) == {}
