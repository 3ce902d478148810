"""PyTorch's files, read as the numbers that they hold."""

import numpy as np
import pytest

from zoo.weights import reading

BASE = np.arange(24, dtype="float32")
LAYOUTS = ("zip", "legacy")


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
    path = by_hand.write(
        layout, tmp_path / "any.name", body, {"0": BASE.tobytes()}
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
