"""Very many names and pictures, without a Python object each."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data import examples as module
from pipelines.data.names import Numbered
from pipelines.data.names import Packed
from pipelines.data.names import Paths
from pipelines.data.names import shareable
from pipelines.data.sources.files import examples_of_files

NAMES = ("a/1.png", "b/größe.png", "/abs/3.png", "c/4.png")


def test_paths_are_a_sequence_of_strings():
    paths = Paths.of(NAMES, "root")
    expected = (
        "root/a/1.png",
        "root/b/größe.png",
        "/abs/3.png",
        "root/c/4.png",
    )
    assert paths == expected and tuple(paths) == expected
    assert paths[-1] == expected[3] and paths[1:3] == expected[1:3]
    assert hash(paths) == hash(expected) and expected[2] in paths
    assert paths != expected[:3] and paths != Paths.of(NAMES)
    assert repr(paths).startswith("<4 names: root/a/1.png, ")
    with pytest.raises(IndexError):
        paths[4]


def test_what_is_taken_shares_the_buffer():
    paths = Paths.of(NAMES)
    part = paths.take([3, 1, 0]).take([2, 0])
    assert part == ("a/1.png", "c/4.png") and part.packed is paths.packed
    assert part.chosen.dtype == np.int32
    assert Numbered("x#", np.arange(9)).take([7, 2]) == ("x#7", "x#2")


def test_paths_are_the_same_inside_a_graph():
    paths = Paths.of([*NAMES, b"\xff\n".decode(errors="surrogateescape")], "r")
    found = tf.data.Dataset.range(5).map(paths.tensor).as_numpy_iterator()
    assert [n.decode(errors="surrogateescape") for n in found] == list(paths)


def test_one_buffer_serves_python_and_tensorflow():
    packed = Packed.of([b"abc", b"", b"de"])
    assert list(packed) == [b"abc", b"", b"de"] and packed[2] == b"de"
    assert packed.tensor(tf.constant(0, tf.int64)) == b"abc"
    packed.data[0] = ord("x")
    assert packed[0] == b"xbc"
    assert packed.tensor(tf.constant(0, tf.int64)) == b"xbc"
    values = shareable(np.arange(5))
    assert values.ctypes.data % 64 == 0 and shareable(values) is values


@pytest.fixture
def files(tmp_path):
    """Returns a function: examples of files whose bytes are their numbers."""

    def make(count, size=1):
        for i in range(count):
            (tmp_path / f"{i}.png").write_bytes(b"%d" % i + b" " * size)
        paths = Paths.of([f"{i}.png" for i in range(count)], str(tmp_path))
        return examples_of_files(
            paths, np.arange(count, dtype="int32") % 2, "ab"
        )

    return make


@pytest.mark.parametrize("held", [True, False])
def test_subsets_of_subsets_read_the_right_files(files, held):
    part = files(40).subset(np.arange(0, 40, 3)).subset([5, 1, 9])
    if not held:
        vars(part)["held"] = None
    found = tf.data.Dataset.range(3).map(part.tensor).as_numpy_iterator()
    assert [int(each) for each in found] == [15, 3, 27]
    assert part.encoded([2, 0])[0].strip() == b"27"
    np.testing.assert_array_equal(part.labels, [1, 1, 1])


def test_a_set_too_large_is_not_read(files, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 100)
    monkeypatch.setattr(module, "MEMORY_LIMIT", 200 * 600)
    source, read = files(500, 600), []

    def encoded(indices):
        read.extend(indices)
        return source.encoded(indices)

    assert dataclasses.replace(source, encoded=encoded).held is None
    assert len(read) == 64 and len(set(read)) == 64
    small = dataclasses.replace(source.subset(range(100)), encoded=encoded)
    assert len(small.held) == 100


def test_files_are_read_inside_the_graph(files, monkeypatch):
    monkeypatch.setattr(module, "MEMORY_LIMIT", 0)
    examples = files(3)

    def never(indices):
        raise AssertionError

    vars(examples)["held"] = None
    graph = tf.function(dataclasses.replace(examples, encoded=never).fetch)
    concrete = graph.get_concrete_function(tf.TensorSpec((), tf.int64))
    kinds = {node.op for node in concrete.graph.as_graph_def().node}
    assert "ReadFile" in kinds and "PyFunc" not in kinds
    assert concrete(tf.constant(2, tf.int64)) == b"2 "
