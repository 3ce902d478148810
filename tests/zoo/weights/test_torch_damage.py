"""PyTorch's files that are cut, flipped, or lie about what they hold."""

import struct

import numpy as np
import pytest

from zoo.errors import IntegrityError
from zoo.weights import reading

BASE = np.arange(24, dtype="float32")
LAYOUTS = ("zip", "legacy")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("count", "offset", "shape", "strides", "reason"),
    [
        (24, 0, (4, 6), (-6, 1), "negative stride"),
        (24, 0, (25,), (1,), "a tensor of 25 numbers"),
        (24, 20, (5,), (1,), "beyond the end"),
        (24, -1, (5,), (1,), "impossible offset"),
        (24, 0, (4, 6), (7, 1), "beyond the end"),
        (24, 0, (4, 6), (6,), "stride"),
        (24, 0, (10**6, 10**6), (0, 0), "1,000,000,000,000 numbers"),
        (24, 0, (2**62, 2**62), (0, 0), "impossible offset or shape"),
        (24, 0, (0, 2**40, 2**40), (0, 0, 0), "impossible shape"),
        (24, 0, (1,) * 33, (1,) * 33, "33 sides"),
        (2**40, 0, (2**40,), (1,), "96 bytes, expected|numbers, expected"),
        (23, 0, (23,), (1,), "96 bytes, expected 92|24 numbers, expected 23"),
    ],
)
def test_views_have_to_stay_inside(
    by_hand, tmp_path, layout, count, offset, shape, strides, reason
):
    tensor = by_hand.tensor(by_hand.storage("0", count), offset, shape, strides)
    path = tmp_path / "w.pth"
    body = by_hand.dict(a=tensor)
    by_hand.write(layout, path, body, {"0": BASE.tobytes()})
    with pytest.raises(IntegrityError, match=reason):
        reading.read(path)


def _good(by_hand):
    tensor = by_hand.tensor(by_hand.storage("0", 24), 0, (24,), (1,))
    return by_hand.dict(a=tensor), {"0": BASE.tobytes()}


def test_many_views_of_one_storage_count_each(by_hand, tmp_path):
    storage = by_hand.storage("0", 24)
    views = {
        f"a{number}": by_hand.tensor(storage, 0, (24,), (1,))
        for number in range(50)
    }
    path = by_hand.zip(
        tmp_path / "w.pth", by_hand.dict(**views), {"0": BASE.tobytes()}
    )
    assert len(reading.read(path, expected_bytes=4800)) == 50
    with pytest.raises(IntegrityError, match="4,800 bytes, expected at most"):
        reading.read(path, expected_bytes=4500)


def test_zip_files_that_are_not_what_they_say(by_hand, tmp_path):
    body, storages = _good(by_hand)
    path = tmp_path / "w.pth"
    refused = {
        "has no member 'net/data/0'": {},
        "compressed": {"storages": storages, "packed": ("data/0",)},
        "data.pkl' is compressed": {
            "storages": storages,
            "packed": ("data.pkl",),
        },
        "TorchScript": {
            "storages": storages,
            "extra": {"constants.pkl": b"\x80\x02)."},
        },
        "not little-endian": {
            "storages": storages,
            "extra": {"byteorder": b"big"},
        },
    }
    for reason, arguments in refused.items():
        by_hand.zip(path, body, **arguments)
        with pytest.raises(IntegrityError, match=reason):
            reading.read(path)
    extra = {"version": b"3\n", "../../etc/passwd": b"x", "data/1": b"abc"}
    by_hand.zip(path, body, storages, extra)
    assert np.array_equal(reading.read(path)["a"], BASE)


def test_damaged_zip_files(by_hand, tmp_path):
    path = by_hand.zip(tmp_path / "w.pth", *_good(by_hand))
    whole = path.read_bytes()
    for keep in (30, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:keep])
        with pytest.raises(IntegrityError, match="zip file is missing"):
            reading.read(path)
    flipped = bytearray(whole)
    flipped[whole.index(BASE.tobytes()) + 9] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(IntegrityError, match="Bad CRC-32"):
        reading.read(path)
    path.write_bytes(whole[:-10] + struct.pack("<LLH", 1 << 30, 0, 0))
    with pytest.raises(IntegrityError, match="directory of the zip file has"):
        reading.read(path)


def test_damaged_legacy_files(by_hand, tmp_path):
    body, storages = _good(by_hand)
    path = by_hand.legacy(tmp_path / "w.pth", body, storages)
    whole = path.read_bytes()
    for keep in range(20, len(whole), 17):
        path.write_bytes(whole[:keep])
        with pytest.raises(IntegrityError):
            reading.read(path)
    by_hand.legacy(path, body, {"1": BASE.tobytes()})
    with pytest.raises(IntegrityError, match="list of storages"):
        reading.read(path)
