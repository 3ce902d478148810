"""How much memory there is: the machine's, or less in a container."""

import types

import keras
import numpy as np
import psutil
import pytest
import tensorflow as tf

from pipelines.batches import decoded
from pipelines.data import memory
from pipelines.data.examples import Examples
from pipelines.evaluation.extraction import Extractor

MIB = 2**20
MACHINE = types.SimpleNamespace(total=1000 * MIB, available=600 * MIB)
FILES = {
    1: (
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
    2: ("memory.max", "memory.current", "inactive_file"),
}


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Returns a function: a machine whose process is in a control group."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: MACHINE)
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_OWN_GROUPS", tmp_path / "own")

    def put(version, own, limits):
        root = tmp_path / "cgroup" / ("memory" if version == 1 else "")
        limit, used, cached = FILES[version]
        line = f"4:cpu,memory:{own}" if version == 1 else f"0::{own}"
        (tmp_path / "own").write_text(f"9:name=systemd:/x\n{line}\n")
        for place, (most, taken, given_back) in limits.items():
            folder = root / place
            folder.mkdir(parents=True, exist_ok=True)
            (folder / limit).write_text(f"{most}\n")
            (folder / used).write_text(f"{taken}\n")
            (folder / "memory.stat").write_text(
                f"anon 7\nactive_file 5\n{cached} {given_back}\n"
            )

    return put


@pytest.mark.parametrize("version", [1, 2])
def test_a_containers_limit_counts(groups, version):
    # 300 MiB are free, and 50 more are a cache of files.
    groups(version, "/", {"": (500 * MIB, 200 * MIB, 50 * MIB)})
    assert memory.memory_here() == (500 * MIB, 350 * MIB)


@pytest.mark.parametrize("version", [1, 2])
def test_the_narrowest_group_counts(groups, version):
    limits = {
        "": (900 * MIB, 100 * MIB, 0),
        "a": (800 * MIB, 700 * MIB, 0),
        "a/b": (400 * MIB, 0, 0),
    }
    groups(version, "/a/b/c", limits)
    assert memory.memory_here() == (400 * MIB, 100 * MIB)


def test_what_is_no_limit(groups):
    groups(2, "/a", {"a": ("max", 10, 0)})
    assert memory.memory_here() == (1000 * MIB, 600 * MIB)
    # What version 1 writes where there is none.
    groups(1, "/a", {"a": (2**63 - 4096, 10, 0)})
    assert memory.memory_here() == (1000 * MIB, 600 * MIB)
    # A container of version 1 that sees the host's names, and its own files.
    groups(1, "/docker/4f", {"": (80 * MIB, 90 * MIB, 0)})
    assert memory.memory_here() == (80 * MIB, 0)


def test_a_system_without_groups(groups):
    assert memory.memory_here() == (1000 * MIB, 600 * MIB)


def test_room_is_a_share_of_what_is_free_and_no_more_than_that(groups):
    groups(2, "/", {"": (80 * MIB, 0, 0)})
    assert memory.room_in_memory(100 * MIB, 1 / 8) == 10 * MIB
    assert memory.room_in_memory(MIB, 1 / 8) == MIB


@pytest.mark.parametrize("free", [80 * MIB, 0])
def test_what_is_held_follows_it_and_no_picture_does(
    groups, free, encode, noise
):
    files = [encode(noise(16, 16, i), "JPEG") for i in range(4)]
    groups(2, "/", {"": (free, 0, 0)})
    labels = np.zeros(4, "int32")

    def read(wanted):
        return [files[i] for i in wanted]

    examples = Examples("abcd", labels, ("x",), read)
    assert (examples.held is not None) == bool(free)
    assert (decoded.decoded_once(examples, 16) is not None) == bool(free)
    assert examples.read([2, 1]) == [files[2], files[1]]


@pytest.mark.parametrize("free", [80 * MIB, 0])
@pytest.mark.parametrize("disk", [True, False])
def test_features_go_to_the_disk_where_it_has_room(
    groups, monkeypatch, free, disk
):
    groups(2, "/", {"": (free, 0, 0)})
    monkeypatch.setattr(Extractor, "_fit_on_disk", lambda self, _: disk)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    extractor = Extractor(model, tf.distribute.get_strategy())
    # What a run shows depends on it, and must not on the machine.
    assert extractor.has_room_for(3)
    images = tf.reshape(tf.range(12.0), (3, 4))
    found = extractor.run(tf.data.Dataset.from_tensors((images,)), 3)
    assert isinstance(found, np.memmap) == (disk and not free)
    np.testing.assert_array_equal(found, images)
