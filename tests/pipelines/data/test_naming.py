"""A picture that breaks while it is read is found again and named."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data import checks
from pipelines.data import examples as module
from pipelines.data.checks import check_pictures
from pipelines.data.checks import name_bad_picture
from pipelines.data.sources.folder import read_class_folders
from zoo.errors import DataError
from zoo.preprocessing import Preprocessing


@pytest.fixture
def streamed(tmp_path, encode, noise, monkeypatch):
    """Files of two classes that are read when they are needed."""
    monkeypatch.setattr(module, "MEMORY_LIMIT", 0)
    for label in "ab":
        (tmp_path / label).mkdir()
        for i in range(4):
            picture = encode(noise(20, 24), "JPEG")
            (tmp_path / label / f"{i}.jpg").write_bytes(picture)
    return read_class_folders(tmp_path, home=tmp_path)


def read_through(examples):
    data = evaluation_data(examples, Preprocessing(8), batch_size=4)
    return sum(1 for _ in data.dataset)


def cut(path):
    with open(path, "rb+") as file:
        file.truncate(len(file.read()) // 2)


def test_a_file_that_is_cut_after_the_check_is_named(streamed):
    check_pictures(streamed)
    assert read_through(streamed) == 2
    assert name_bad_picture(streamed, range(8)) is None
    bad = streamed.names[5]
    cut(bad)
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        read_through(streamed)
    assert bad not in caught.value.message
    error = name_bad_picture(streamed, range(8))
    assert isinstance(error, DataError) and error.exit_code == 3
    message = str(error)
    assert message.startswith(f"{bad}: is a truncated JPEG")
    assert "passed the check before the run" in message
    assert "\n" not in message and message.count(bad) == 1


def test_only_the_pictures_asked_for_are_looked_at(streamed):
    cut(streamed.names[5])
    cut(streamed.names[2])
    assert name_bad_picture(streamed, [0, 1, 3]) is None
    assert streamed.names[5] in str(name_bad_picture(streamed, [7, 5, 2]))


def test_a_file_that_is_gone_is_named_once(streamed, tmp_path):
    assert read_through(streamed) == 2
    (tmp_path / "a" / "3.jpg").unlink()
    with pytest.raises(tf.errors.NotFoundError):
        read_through(streamed)
    message = str(name_bad_picture(streamed, np.arange(8)))
    assert message.count("3.jpg") == 1 and "cannot be read" in message


def test_what_the_pipeline_held_counts_not_what_came_later(
    held, encode, noise, monkeypatch
):
    """Above the limit the check reads headers alone; memory keeps damage."""
    flipped = bytearray(encode(noise(20, 20)))
    flipped[len(flipped) // 2] ^= 1
    examples = held([encode(noise(9, 9)), bytes(flipped)], [0, 0], "a")
    monkeypatch.setattr(checks, "DECODE_LIMIT", 0)
    check_pictures(examples)
    assert "picture1: is a damaged PNG" in str(
        name_bad_picture(examples, [0, 1])
    )


def test_what_only_tensorflow_refuses_is_named_too(held, encode, noise):
    examples = held([encode(noise(9, 9))], [0], "a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "inspect", lambda encoded: (9, ""))
        assert name_bad_picture(examples, [0]) is None
        broken = held([b"no picture"], [0], "a")
        assert "cannot be decoded (" in str(name_bad_picture(broken, [0]))
