"""TensorFlow Datasets: a small set made here, no network."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from pipelines.data import images
from pipelines.data.sources import index_cache
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from pipelines.data.sources.tfds_source import open_tfds
from pipelines.data.sources.tfds_source import open_whole_tfds
from zoo.errors import DataError
from zoo.errors import RequestError

CLASSES = ("fern", "moss")


def colour(split, number):
    return np.full((6, 5, 3), [number * 9, 10 * len(split), 77], "uint8")


class ShadesForTests(tfds.core.GeneratorBasedBuilder):
    """Flat pictures whose colour says their number."""

    VERSION = tfds.core.Version("1.0.0")
    PARTS = {"train": 10, "test": 4}  # noqa: RUF012
    FEATURES = {  # noqa: RUF012
        "image": tfds.features.Image(shape=(None, None, 3)),
        "label": tfds.features.ClassLabel(names=CLASSES),
    }

    def _info(self):
        features = tfds.features.FeaturesDict(self.FEATURES)
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, dl_manager):
        return {s: self._generate_examples(s) for s in self.PARTS}

    def _generate_examples(self, split):
        for i in range(self.PARTS[split]):
            yield i, {"image": colour(split, i), "label": i % 2}


class ShadesOnePartForTests(ShadesForTests):
    """The same without a part to judge by."""

    VERSION = tfds.core.Version("1.0.0")
    PARTS = {"train": 10}  # noqa: RUF012


class ShadesUnlabelledForTests(ShadesForTests):
    """The same without labels."""

    VERSION = tfds.core.Version("1.0.0")
    FEATURES = {"image": tfds.features.Image()}  # noqa: RUF012

    def _generate_examples(self, split):
        for i in range(self.PARTS[split]):
            yield i, {"image": colour(split, i)}


class ShadesBrokenForTests(ShadesForTests):
    """The same, but it cannot be made."""

    VERSION = tfds.core.Version("1.0.0")

    def _split_generators(self, dl_manager):
        raise OSError("the server is away\nfor good")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A folder of data sets; the first one is made before it is opened."""
    folder = tmp_path_factory.mktemp("tfds")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tfds.core.utils.gcs_utils, "_is_gcs_disabled", True)
        yield folder


@pytest.fixture(scope="module")
def splits(data_dir):
    return open_tfds("tfds:shades_for_tests", data_dir=data_dir)


def numbers(examples):
    """Reads the numbers that the colours say, through our own decoding."""
    pictures = examples.encoded([*range(len(examples))])
    decoded = [images.decode(tf.constant(each)).numpy() for each in pictures]
    for picture in decoded:
        assert (
            picture.shape == (6, 5, 3) and len(np.unique(picture[..., 0])) == 1
        )
    return [int(picture[0, 0, 0]) // 9 for picture in decoded]


def test_its_parts_are_taken_as_they_are(splits):
    assert splits.note == ""
    for part, split, count in (
        (splits.train, "train", 10),
        (splits.validation, "test", 4),
    ):
        assert part.class_names == CLASSES and part.labels.dtype == np.int32
        assert sorted(numbers(part)) == list(range(count))
        np.testing.assert_array_equal(part.labels, np.array(numbers(part)) % 2)
        assert part.names == tuple(
            f"tfds:shades_for_tests:{split}#{i}" for i in range(count)
        )


def test_pictures_stay_encoded(splits):
    (first,) = splits.train.encoded([0])
    assert isinstance(first, bytes) and first.startswith(b"\x89PNG")


def test_a_split_is_named(data_dir):
    half = open_tfds("tfds:shades_for_tests:train[:60%]", data_dir=data_dir)
    both = [*numbers(half.train), *numbers(half.validation)]
    assert len(half.train) == 4 and len(half.validation) == 2
    assert len(set(both)) == 6
    assert half.note == (
        "tfds:shades_for_tests:train[:60%] has no validation part: held out 2 "
        "of its 6 pictures, 20% of every class (seed 0)."
    )


def test_array_records_are_read_one_by_one(tmp_path):
    ShadesForTests(
        data_dir=tmp_path, file_format="array_record"
    ).download_and_prepare()
    examples = open_whole_tfds(
        "tfds:shades_for_tests:train[3:7]", data_dir=tmp_path
    )
    assert len(examples) == 4
    np.testing.assert_array_equal(
        examples.labels, np.array(numbers(examples)) % 2
    )
    assert examples.subset([2]).encoded([0]) == examples.encoded([2])


def test_splits_are_put_together(data_dir, splits):
    spec = "tfds:shades_for_tests:train[-2:]+test[:50%]"
    examples = open_whole_tfds(spec, data_dir=data_dir)
    assert numbers(examples) == [
        *numbers(splits.train)[-2:],
        *numbers(splits.validation)[:2],
    ]


def test_the_whole_is_never_read(data_dir, splits, monkeypatch):
    def refuse(*rest, **options):
        raise MemoryError

    monkeypatch.setattr(tfds.core.DatasetBuilder, "as_dataset", refuse)
    opened = open_tfds("tfds:shades_for_tests", data_dir=data_dir)
    assert numbers(opened.train) == numbers(splits.train)


def test_an_index_is_remembered(data_dir, splits, tmp_path, monkeypatch):
    monkeypatch.setattr(index_cache, "SMALLEST", 0)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    made, find = [], index_cache.index_file

    def count(path, *rest):
        made.append(path)
        return find(path, *rest)

    monkeypatch.setattr(index_cache, "index_file", count)
    for _ in range(3):
        opened = open_whole_tfds("tfds:shades_for_tests", data_dir=data_dir)
        assert numbers(opened) == numbers(splits.validation)
    assert len(made) == 1
    (saved,) = (tmp_path / "indices").iterdir()
    saved.write_bytes(b"half")
    os.utime(made[0], ns=(1, 1))
    open_whole_tfds("tfds:shades_for_tests", data_dir=data_dir)
    assert len(made) == 2


@pytest.mark.parametrize("cut", [3, 60, 1])
def test_a_file_that_was_cut(data_dir, splits, tmp_path, cut):
    shutil.copytree(data_dir, tmp_path / "copy")
    (path,) = (tmp_path / "copy/shades_for_tests").glob("*/*test.tfrecord*")
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match=f"{path} is truncated"):
        open_whole_tfds("tfds:shades_for_tests", data_dir=tmp_path / "copy")


def test_a_part_is_held_out_where_there_is_none(data_dir):
    opened = open_tfds(
        "tfds:shades_one_part_for_tests", data_dir=data_dir, seed=4
    )
    np.testing.assert_array_equal(opened.train.counts(), [4, 4])
    np.testing.assert_array_equal(opened.validation.counts(), [1, 1])
    assert (
        "held out 2 of its 10 pictures" in opened.note
        and "seed 4" in opened.note
    )


def test_the_part_to_be_judged_by(data_dir):
    def count(spec):
        return len(open_whole_tfds(spec, data_dir=data_dir))

    assert count("tfds:shades_for_tests") == 4
    assert count("tfds:shades_for_tests:train") == 10
    assert count("tfds:shades_one_part_for_tests") == 10


def test_sources_know_the_prefix(data_dir, splits, monkeypatch):
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(data_dir))
    opened = open_splits("tfds:shades_for_tests")
    assert opened.train.names == splits.train.names
    assert open_held_out("tfds:shades_for_tests").names == (
        splits.validation.names
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("tfds:", r"`data=tfds:` is no data set\. Expected tfds:NAME or"),
        ("tfds:a[b]", "is no data set"),
        ("tfds:no_such_shades", "Datasets knows no 'no_such_shades'"),
        (
            "tfds:shades_for_tests:dev",
            r"shades_for_tests has no split 'dev'\. It has: te?",
        ),
        ("tfds:shades_for_tests:train[", "has no split"),
        ("tfds:shades_for_tests:train[:0]", "has no split"),
        (
            "tfds:shades_unlabelled_for_tests",
            r"not for classification\. Expected .*'label', received: image",
        ),
    ],
)
def test_requests_that_are_refused(data_dir, splits, spec, message):
    for open_it in (open_tfds, open_whole_tfds):
        with pytest.raises(RequestError, match=message) as caught:
            open_it(spec, data_dir=data_dir)
        assert caught.value.exit_code == 2


def test_a_set_that_cannot_be_made(data_dir):
    with pytest.raises(
        DataError,
        match=r"not be downloaded and prepared in .*: the server is away$",
    ):
        open_tfds("tfds:shades_broken_for_tests", data_dir=data_dir)
