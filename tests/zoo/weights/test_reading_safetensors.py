"""`.safetensors`: contradictions are found before anything is read."""

import json
import struct
import time

import numpy as np
import pytest
import safetensors.numpy

from zoo.errors import IntegrityError
from zoo.weights import reading


def _write(path, header, data=b"", length=None):
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    length = len(header) if length is None else length
    path.write_bytes(struct.pack("<Q", length) + header + data)
    return path


def _entry(start, end, shape, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "w.safetensors"


def test_what_the_library_writes_is_read(path):
    generator = np.random.default_rng(0)
    written = {
        "conv/kernel": generator.normal(size=(3, 3, 2, 4)).astype("float32"),
        "scalar": np.array(2.5),
        "none": np.zeros((0, 3), "float32"),
        "count": np.arange(4),
        "flag": np.array([True, False]),
    }
    safetensors.numpy.save_file(written, path, {"top1": "{70, 71}"})
    found = reading.read(path)
    assert set(found) == set(written)
    for name, values in written.items():
        assert found[name].dtype == values.dtype
        assert found[name].shape == values.shape
        assert np.array_equal(found[name], values)


def test_16_bit_floats_become_32_bit_floats(path):
    brain = struct.pack("<3H", 0x3FC0, 0xC000, 0x7F80)
    half = np.float16([0.1, -7, 65504]).tobytes()
    header = {"a": _entry(0, 6, [3], "BF16"), "b": _entry(6, 12, [3], "F16")}
    found = reading.read(_write(path, header, brain + half))
    assert found["a"].tolist() == [1.5, -2, float("inf")]
    assert np.array_equal(found["b"], np.float16([0.1, -7, 65504]))
    assert {values.dtype for values in found.values()} == {np.dtype("f4")}
    with pytest.raises(IntegrityError, match="take 24 bytes"):
        reading.read(path, expected_bytes=20)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"a": _entry(0, 16, [4])}, "take 16 bytes, it holds 8"),
        ({"a": _entry(0, 4, [1])}, "take 4 bytes, it holds 8"),
        ({"a": _entry(4, 8, [1])}, "has a gap"),
        ({"a": _entry(0, 8, [2]), "b": _entry(4, 8, [1])}, "overlaps"),
        ({"a": _entry(0, 8, [2]), "b": _entry(0, 8, [2])}, "overlaps"),
        ({"a": _entry(0, 8, [3])}, r"8 bytes, expected 12 for shape \(3,\)"),
        ({"a": _entry(8, 0, [2])}, "-8 bytes"),
        ({"a": _entry(0, 8, [-2])}, "no shape and offsets"),
        ({"a": _entry(0, 8, [2.0])}, "no shape and offsets"),
        ({"a": _entry(0, 8, [True, 2])}, "no shape and offsets"),
        ({"a": _entry(0, 0, [0, 2**40, 2**40])}, "impossible shape"),
        ({"a": _entry(0, 0, [0] * 33)}, "33 dimensions"),
        ({"a": _entry(0, 8, [8], "F8_E4M3")}, "'F8_E4M3', expected one of"),
        ({"a": [0, 8]}, "no description"),
        ([1, 2], "no whole|Received"),
        (b'{"a": 1, "a": 2}', "names 'a' twice"),
        (b'{"a": {"dtype": "F32", "dtype": "F16"}}', "names 'dtype' twice"),
        (b'{"a": ' + b"[" * 100_000, "is damaged"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is damaged"),
        (b"{nonsense", "is damaged"),
        (b'{"\xff": 1}', "is damaged"),
    ],
)
def test_contradictions_are_refused(path, header, reason):
    with pytest.raises(IntegrityError, match=reason) as caught:
        reading.read(_write(path, header, bytes(8)))
    assert str(path) in str(caught.value)


def test_huge_headers_are_refused_at_once(path):
    since = time.monotonic()
    for length, reason in (
        (100_000_001, "expected at most 100,000,000"),
        (1 << 39, "expected at most 100,000,000"),
        (50_000_000, "longer than the file"),
    ):
        with pytest.raises(IntegrityError, match=reason):
            reading.read(_write(path, b"{}", length=length))
    many = b",".join(b'"%d":{}' % number for number in range(10_002))
    for header in (b"{" + many + b"}", b"{" + b"," * 200_001):
        with pytest.raises(IntegrityError, match="more than 10,000 entries"):
            reading.read(_write(path, header))
    assert time.monotonic() - since < 2


def test_many_entries_are_read(path):
    count = 5000
    header = {
        f"layer{number}/kernel": _entry(number, number + 1, [1], "U8")
        for number in range(count)
    }
    found = reading.read(_write(path, header, bytes(count)))
    assert len(found) == count
