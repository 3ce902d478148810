"""Files made to keep a reader busy: how long and how much at most."""

import json
import struct
import time
import zipfile

import h5py
import numpy as np
import pytest

from zoo.errors import IntegrityError
from zoo.weights import reading

# Numbers that are equal modulo this land in one place of a dict.
_MODULUS = (1 << 61) - 1


def _long(value):
    data = value.to_bytes(value.bit_length() // 8 + 1, "little")
    return b"\x8a" + bytes([len(data)]) + data


def _colliding_keys(path):
    pairs = b"".join(_long(i * _MODULUS) + b"N" for i in range(1, 20_000))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", b"\x80\x02}(" + pairs + b"u.")


def _idle_steps(path):
    steps = b"".join(b"r" + struct.pack("<I", i) for i in range(490_000))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", b"\x80\x02N" + steps + b".")


def _entries(path):
    header = json.dumps(
        {
            f"t{i}": {
                "dtype": "F32",
                "shape": [1],
                "data_offsets": [4 * i, 4 * i + 4],
            }
            for i in range(99_000)
        }
    ).encode()
    size = len(header).to_bytes(8, "little")
    path.write_bytes(size + header + bytes(4 * 99_000))


def _groups(path):
    with h5py.File(path, "w", libver="latest") as file:
        for i in range(50_000):
            file.create_group(f"layers/l{i}")


def _members(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", b"\x80\x02}.")
        for i in range(20_000):
            archive.writestr(f"x/data/{i}", b"")


@pytest.mark.parametrize(
    ("write", "name", "reason"),
    [
        (_colliding_keys, "keys.pth", "a key that is no name or number"),
        (_idle_steps, "steps.pth", "more than 240,000 steps"),
        (_members, "members.pth", "the directory of the zip file has"),
        (_entries, "entries.safetensors", "more than 10,000 entries"),
        pytest.param(
            _groups,
            "groups.h5",
            "more than 10,000 entries",
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused_within_a_second(tmp_path, write, name, reason):
    write(tmp_path / name)
    started = time.process_time()
    with pytest.raises(IntegrityError, match=reason):
        reading.read(tmp_path / name)
    assert time.process_time() - started < 1


def test_an_optimizers_numbers_are_keys(by_hand, tmp_path):
    """What a whole checkpoint of PyTorch holds beside the weights."""
    state = by_hand.dict(
        optimizer=b"}(K\x00NK\x01N" + b"u",
        state_dict=by_hand.dict(
            a=by_hand.tensor(by_hand.storage("0", 2), 0, (2,), (1,))
        ),
    )
    path = by_hand.zip(tmp_path / "x.pth", state, {"0": bytes(8)})
    assert np.array_equal(reading.read(path)["a"], [0, 0])
