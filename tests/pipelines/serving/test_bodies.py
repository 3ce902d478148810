"""What bodies say: read as it is, or refused in words."""

import base64
import json
import struct

import numpy as np
import pytest

from pipelines.serving.bodies import json_of
from pipelines.serving.bodies import picture_of
from pipelines.serving.problems import AskedWrongError
from pipelines.serving.tensors import joined
from pipelines.serving.tensors import pictures_in
from pipelines.serving.tensors import split
from pipelines.serving.tensors import written


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000],
)
def test_what_is_no_object_is_refused(body):
    with pytest.raises(AskedWrongError, match="JSON"):
        json_of(body)


@pytest.mark.parametrize(
    "said",
    [
        None, 3, "text", [], [[1, 2, 3]], [[[1, 2, 256]]], [[[1, 2, -1]]],
        [[[1, 2], [3]]], {"b64": 7}, {"b64": "?"}, {"a": 1, "b": 2},
        [[[1.0, 2.0, float("nan")]]], [[["a", "b", "c"]]], [[[0.5, 0.1, 1]]],
        {"b64": "é"},
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(said):
    with pytest.raises(AskedWrongError):
        picture_of(said)


def test_pictures_of_json(noise):
    pixels = noise(3, 5)
    for said in (pixels.tolist(), {"pixels": pixels.astype(float).tolist()}):
        found = picture_of(said)
        assert found.dtype == "uint8"
        np.testing.assert_array_equal(found, pixels)
    text = base64.b64encode(b"\xff\xd8").decode()
    assert picture_of({"b64": text}) == b"\xff\xd8"
    assert picture_of({"pixels": {"b64": text}}) == b"\xff\xd8"


def tensor(name, datatype, shape, **more):
    each = {"name": name, "datatype": datatype, "shape": shape, **more}
    return {"inputs": [each]}


def strings(*files):
    return b"".join(struct.pack("<I", len(each)) + each for each in files)


def test_tensors_of_both_kinds(noise):
    pixels = noise(4, 6)[np.newaxis]
    raw = pixels.tobytes()
    size = {"binary_data_size": len(raw)}
    shape = list(pixels.shape)
    for asked, behind in (
        (tensor("pixels", "UINT8", shape, data=pixels.tolist()), b""),
        (tensor("pixels", "UINT8", shape, data=pixels.ravel().tolist()), b""),
        (tensor("pixels", "UINT8", shape, parameters=size), raw),
    ):
        (found,) = pictures_in(asked, behind)
        np.testing.assert_array_equal(found, pixels[0])
    raw = strings(b"first", b"", b"third")
    size = {"binary_data_size": len(raw)}
    asked = tensor("pictures", "BYTES", [3], parameters=size)
    assert pictures_in(asked, raw) == [b"first", b"", b"third"]
    text = base64.b64encode(b"first").decode()
    asked = tensor("pictures", "BYTES", [1], data=[text])
    assert pictures_in(asked, b"") == [b"first"]


SIZE = {"binary_data_size": 7}


@pytest.mark.parametrize(
    ("asked", "behind"),
    [
        ({}, b""),
        ({"inputs": {}}, b""),
        ({"inputs": [3]}, b""),
        (tensor("other", "UINT8", [1, 1, 1, 3], data=[1, 2, 3]), b""),
        (tensor("pixels", "FP32", [1, 1, 1, 3], data=[1, 2, 3]), b""),
        (tensor(["pixels"], "UINT8", [1, 1, 1, 3], data=[1, 2, 3]), b""),
        (tensor("pixels", "UINT8", [1, 1, 3], data=[1, 2, 3]), b""),
        (tensor("pixels", "UINT8", "1113", data=[1, 2, 3]), b""),
        (tensor("pixels", "UINT8", [1, 1, 1, 3], data=[1, 2]), b""),
        (tensor("pixels", "UINT8", [1, 1, 1, 3], data=[[1, 2], [3]]), b""),
        (tensor("pixels", "UINT8", [1, 1, 1, 3], data=None), b""),
        (tensor("pixels", "UINT8", [-1, 1, -1, 3], data=[1, 2, 3]), b""),
        (tensor("pixels", "UINT8", [10**9] * 3 + [3], data=[1, 2, 3]), b""),
        (tensor("pixels", "UINT8", [1, 1, 1, 3], parameters=SIZE), b"123"),
        (tensor("pixels", "UINT8", [1, 1, 1, 3], parameters=3), b"123"),
        (tensor("pictures", "BYTES", [1], parameters=SIZE), b"\x09\0\0\0abc"),
        (tensor("pictures", "BYTES", [1], parameters=SIZE), b"\0\0\0\0\0\0\0"),
        (tensor("pictures", "BYTES", [2], data=["YQ=="]), b""),
        (tensor("pictures", "BYTES", [1], data=["?"]), b""),
    ],
)
def test_tensors_that_are_not_what_they_say(asked, behind):
    with pytest.raises(AskedWrongError):
        pictures_in(asked, behind)


@pytest.mark.parametrize("length", ["x", "-1", "99", "1e3", ""])
def test_lengths_that_are_none(length):
    with pytest.raises(AskedWrongError, match="Inference-Header"):
        split(b"{}", length)


def test_answers_are_read_as_they_were_written():
    logits = np.array([[1.5, -2.0], [0.25, 3.0]], "float32")
    outputs = {"logits": logits, "classes": ["ant", "größer"]}
    told, behind = written(outputs, {"logits"})
    body, headers = joined({"outputs": told}, behind)
    length = int(headers["Inference-Header-Content-Length"])
    first, second = json.loads(body[:length])["outputs"]
    assert first["parameters"] == {"binary_data_size": 16}
    found = np.frombuffer(body[length:], "<f4").reshape(first["shape"])
    np.testing.assert_array_equal(found, logits)
    assert second["data"] == ["ant", "größer"] and second["shape"] == [2]
    told, behind = written({"classes": ["ant", "größer"]}, {"classes"})
    assert behind == strings(b"ant", "größer".encode())
