"""Pickles that would run something, or for ever: refused by name."""

import copyreg
import os
import pickle
import struct
import time
import zipfile

import pytest

from zoo.errors import IntegrityError
from zoo.weights import reading
from zoo.weights.reading import torch_steps


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


@pytest.mark.parametrize("layout", ["zip", "legacy"])
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
    by_hand.write(layout, path, by_hand.dict(weight=body))
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


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"]" * 250_000, "more than 240,000 steps"),
        (b"X" + struct.pack("<I", 1 << 31), "more than 4,194,304 bytes"),
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
    assert not dangerous & set(torch_steps.STEPS)
