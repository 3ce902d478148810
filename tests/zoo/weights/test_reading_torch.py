"""PyTorch's files: read as numbers, and nothing in them is run."""

import copyreg
import os
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest

from zoo.errors import IntegrityError
from zoo.weights import reading
from zoo.weights.reading import torch_pickle

BASE = np.arange(24, dtype="float32")
LAYOUTS = ("zip", "legacy")


def _write(by_hand, layout, path, body, storages=()):
    write = by_hand.zip if layout == "zip" else by_hand.legacy
    return write(path, body, storages)


def _views(by_hand):
    """Views of one storage, and what they have to be."""
    whole = by_hand.storage("0", 24)
    views = {
        "whole": (0, (2, 3, 4), (12, 4, 1)),
        "turned": (0, (4, 6), (1, 4)),
        "part": (5, (2, 3), (6, 2)),
        "overlapping": (0, (3, 4), (2, 1)),
        "one": (7, (1, 2), (10**12, 1)),
        "scalar": (9, (), ()),
        "none": (24, (0, 3), (3, 1)),
    }
    expected = {
        "whole": BASE.reshape(2, 3, 4),
        "turned": BASE.reshape(6, 4).T,
        "part": np.array([[5, 7, 9], [11, 13, 15]], "float32"),
        "overlapping": np.array(
            [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]], "float32"
        ),
        "one": np.array([[7, 8]], "float32"),
        "scalar": np.float32(9),
        "none": np.zeros((0, 3), "float32"),
    }
    parts = {name: by_hand.tensor(whole, *view) for name, view in views.items()}
    return parts, expected


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("wrapper", [None, "state_dict", "model", "module"])
def test_views_of_a_storage_are_what_torch_means(
    by_hand, tmp_path, layout, wrapper
):
    parts, expected = _views(by_hand)
    body = by_hand.dict(**parts)
    if wrapper:
        body = by_hand.dict(
            epoch=by_hand.number(90),
            best=by_hand.tensor(by_hand.storage("0", 24), 0, (1,), (1,)),
            optimizer=by_hand.dict(state=by_hand.word("sgd")),
            **{wrapper: body},
        )
    path = _write(
        by_hand, layout, tmp_path / "any.name", body, {"0": BASE.tobytes()}
    )
    tensors = reading.read(path)
    assert list(tensors) == list(expected)
    for name, values in expected.items():
        assert tensors[name].dtype == values.dtype
        assert tensors[name].shape == values.shape
        assert np.array_equal(tensors[name], values)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("kind", "stored", "expected"),
    [
        ("Float", np.float32([1.5, -2]), np.float32([1.5, -2])),
        ("Double", np.float64([1.5, -2]), np.float64([1.5, -2])),
        ("Half", np.float16([1.5, -2]), np.float32([1.5, -2])),
        ("BFloat16", np.uint16([0x3FC0, 0xC000]), np.float32([1.5, -2])),
        ("Long", np.int64([-(2**40), 3]), np.int64([-(2**40), 3])),
        ("Int", np.int32([-7, 3]), np.int32([-7, 3])),
        ("Short", np.int16([-7, 3]), np.int16([-7, 3])),
        ("Char", np.int8([-7, 3]), np.int8([-7, 3])),
        ("Byte", np.uint8([200, 3]), np.uint8([200, 3])),
        ("Bool", np.uint8([0, 2]), np.array([False, True])),
    ],
)
def test_each_kind_of_numbers(
    by_hand, tmp_path, layout, kind, stored, expected
):
    tensor = by_hand.tensor(by_hand.storage("0", 2, kind), 0, (2,), (1,))
    body, storages = by_hand.dict(a=tensor), {"0": stored.tobytes()}
    path = tmp_path / "w.pth"
    if layout == "zip":
        by_hand.zip(path, body, storages)
    else:
        by_hand.legacy(path, body, storages, item=stored.itemsize)
    found = reading.read(path)["a"]
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


def test_16_bit_floats_longer_than_a_piece(by_hand, tmp_path):
    count = (1 << 20) + 5
    stored = np.arange(count, dtype="uint32").astype("float32")
    short = (stored.view("uint32") >> 16).astype("uint16")
    tensor = by_hand.tensor(
        by_hand.storage("0", count, "BFloat16"), 0, (count,), (1,)
    )
    path = by_hand.zip(
        tmp_path / "w.pth", by_hand.dict(a=tensor), {"0": short.tobytes()}
    )
    found = reading.read(path)["a"]
    assert np.array_equal(found.view("uint32") >> 16, short)


def test_a_parameter_and_pythons_second_version(by_hand, tmp_path):
    old = (
        by_hand.name("torch._utils", "_rebuild_tensor")
        + by_hand.tuple(
            by_hand.storage("0", 24),
            by_hand.number(0),
            by_hand.tuple(by_hand.number(24)),
            by_hand.tuple(by_hand.number(1)),
        )
        + b"R"
    )
    parameter = (
        by_hand.name("torch._utils", "_rebuild_parameter")
        + by_hand.tuple(
            old, b"\x88", by_hand.name("collections", "OrderedDict")
        )
        + b"R"
    )
    pair = b"](" + b"U\x01w" + parameter + b"e"
    body = (
        by_hand.name("collections", "OrderedDict")
        + by_hand.tuple(b"](" + pair + b"e")
        + b"R"
    )
    path = by_hand.legacy(tmp_path / "w.pth", body, {"0": BASE.tobytes()})
    assert np.array_equal(reading.read(path)["w"], BASE)


def _payloads(by_hand, marker):
    """Twelve ways to run a program, and the name that has to be given."""
    touch = by_hand.tuple(by_hand.word(f"touch {marker}"))
    evaluate = by_hand.tuple(by_hand.word(f"open({str(marker)!r}, 'w')"))
    system = by_hand.name("posix", "system") + touch + b"R"
    words = by_hand.word("posix") + by_hand.word("system")
    short = b"".join(
        b"\x8c" + bytes([len(word)]) + word + b"\x94"
        for word in (b"posix", b"system")
    )
    float_storage = by_hand.name("torch", "FloatStorage")
    parameter = by_hand.name("torch._utils", "_rebuild_parameter")
    return {
        "system": (system, "posix.system"),
        "eval": (
            by_hand.name("builtins", "eval") + evaluate + b"R",
            "builtins.eval",
        ),
        "numpy": (
            by_hand.name("numpy._core.multiarray", "_reconstruct"),
            "numpy._core.multiarray._reconstruct",
        ),
        "torch": (
            by_hand.name("torch.storage", "_load_from_bytes"),
            "torch.storage._load_from_bytes",
        ),
        "nested": (parameter + by_hand.tuple(system) + b"R", "posix.system"),
        "stack_global": (words + b"\x93" + touch + b"R", "posix.system"),
        "protocol_4": (short + b"\x93" + touch + b"R", "posix.system"),
        "ext1": (b"\x82\xf0" + touch + b"R", "posix.system"),
        "ext4": (b"\x84\xf0\0\0\0" + touch + b"R", "posix.system"),
        "inst": (b"(" + touch + b"iposix\nsystem\n", "posix.system"),
        "build": (
            float_storage + by_hand.dict(call=by_hand.number(1)) + b"b",
            "changes the attributes",
        ),
        "newobj": (
            by_hand.name("collections", "OrderedDict") + b")\x81",
            "NEWOBJ",
        ),
        "reduce": (
            float_storage + by_hand.tuple(by_hand.number(9)) + b"R",
            "calls something of type StorageType",
        ),
    }


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "payload",
    [
        "system",
        "eval",
        "numpy",
        "torch",
        "nested",
        "stack_global",
        "protocol_4",
        "ext1",
        "ext4",
        "inst",
        "build",
        "newobj",
        "reduce",
    ],
)
def test_programs_are_refused_by_name(by_hand, tmp_path, layout, payload):
    marker = tmp_path / "marker"
    body, named = _payloads(by_hand, marker)[payload]
    path = tmp_path / "w.pth"
    _write(by_hand, layout, path, by_hand.dict(weight=body))
    copyreg.add_extension("posix", "system", 0xF0)
    try:
        with pytest.raises(IntegrityError) as caught:
            reading.read(path)
    finally:
        copyreg.remove_extension("posix", "system", 0xF0)
    message = str(caught.value)
    assert f"{path} is refused" in message and named in message
    assert message.isprintable() and caught.value.exit_code == 4
    assert not marker.exists()


def test_the_payloads_would_have_run_elsewhere(by_hand, tmp_path):
    marker = tmp_path / "marker"
    body, _ = _payloads(by_hand, marker)["stack_global"]
    pickle.loads(b"\x80\x04" + body + b".")
    assert marker.exists()


def test_a_real_pickle_of_a_program_is_refused(tmp_path):
    class Program:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'marker'}",)

    path = tmp_path / "w.pth"
    for protocol in range(2, 6):
        with zipfile.ZipFile(path, "w") as archive:
            data = pickle.dumps({"a": Program()}, protocol)
            archive.writestr("w/data.pkl", data)
        with pytest.raises(IntegrityError, match=r"posix\.system"):
            reading.read(path)
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="a pickle, which is a program"):
        reading.read(path)
    assert not (tmp_path / "marker").exists()


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
    _write(by_hand, layout, path, body, {"0": BASE.tobytes()})
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


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"]" * 600_000, "more than 500,000 steps"),
        (b"X" + struct.pack("<I", 1 << 31), "more than 8,388,608 bytes"),
        (b"]r\xff\xff\xff\xff", "no dict of tensors"),
        (b"h\x07", "out of step"),
        (b"0", "POP"),
        (b"Q", "is no whole PyTorch"),
        (b"](K\x01e", "no dict of tensors"),
        (b"K\x01K\x01a", "no list"),
        (b"K\x01K\x01K\x01s", "no dict"),
        (b"}]K\x01s", "a key that is no name"),
        (b"}K\x01Q", "no storage"),
        (b"ccollections\nOrderedDict\nK\x01\x85R", "of something else"),
    ],
)
def test_pickles_that_make_no_sense(by_hand, tmp_path, body, reason):
    path = by_hand.zip(tmp_path / "w.pth", body)
    with pytest.raises(IntegrityError, match=reason):
        reading.read(path)


def test_keys_that_take_for_ever_to_hash(by_hand, tmp_path):
    # Each pair holds the one before it twice.
    pairs = b")q\x00" + b"h\x00h\x00\x86q\x00" * 100
    path = by_hand.zip(tmp_path / "w.pth", pairs + b"}h\x00K\x01s")
    since = time.monotonic()
    with pytest.raises(IntegrityError, match="a key that is no name"):
        reading.read(path)
    assert time.monotonic() - since < 1


def test_a_dict_that_holds_itself(by_hand, tmp_path):
    body = b"}q\x00" + by_hand.word("model") + b"h\x00s"
    path = by_hand.zip(tmp_path / "w.pth", body)
    with pytest.raises(IntegrityError, match="no dict of tensors"):
        reading.read(path)


def test_the_steps_are_those_that_cannot_run_anything():
    dangerous = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"}
    dangerous |= {"EXT1", "EXT2", "EXT4", "PERSID", "BYTEARRAY8"}
    assert not dangerous & set(torch_pickle._STEPS)
