"""Tensors of the open inference protocol: JSON, or bytes behind it.

https://github.com/kserve/open-inference-protocol, and its extension for binary
data: the lengths of the parts stand in the JSON, which is as long as the header
`Inference-Header-Content-Length` says.
"""

import json
import math
import operator
import struct

import numpy as np

from pipelines.serving.bodies import Picture
from pipelines.serving.bodies import json_of
from pipelines.serving.bodies import of_base64
from pipelines.serving.bodies import pixels_of
from pipelines.serving.problems import AskedWrongError

HEADER_LENGTH = "Inference-Header-Content-Length"
PIXELS, FILES = "pixels", "pictures"
_SIZE = "binary_data_size"


def split(body: bytes, header_length: str | None) -> tuple[dict, bytes]:
    """Returns a request's JSON, and the bytes behind it.

    Args:
        body: The whole.
        header_length: What the header says of the first part, if it does.

    Raises:
        AskedWrongError: That is no length, or it is no JSON.

    Example:

    ```python
    from pipelines.serving.tensors import split
    assert split(b'{"id": "a"}\\x00\\x01', "11") == ({"id": "a"}, b"\\x00\\x01")
    ```
    """
    if header_length is None:
        return json_of(body), b""
    if not header_length.isdecimal() or int(header_length) > len(body):
        raise AskedWrongError(f"{HEADER_LENGTH} is no length of this body.")
    length = int(header_length)
    return json_of(body[:length]), body[length:]


def pictures_in(asked: dict, behind: bytes) -> list[Picture]:
    """Returns the pictures of a request.

    Args:
        asked: Its JSON: one input, `pixels` of UINT8 and shape (pictures,
            height, width, 3), or `pictures` of BYTES and shape (pictures),
            the bytes of files; in JSON these are base64.
        behind: The bytes behind that.

    Raises:
        AskedWrongError: They are not what they say.
    """
    inputs = asked.get("inputs")
    if not isinstance(inputs, list) or len(inputs) != 1:
        raise AskedWrongError(
            f"Expected one input: {PIXELS!r} (UINT8) or {FILES!r} (BYTES)."
        )
    (given,) = inputs
    kinds = {(PIXELS, "UINT8"): _pixels, (FILES, "BYTES"): _files}
    try:
        read = kinds[given["name"], given["datatype"]]
        shape = tuple(operator.index(side) for side in given["shape"])
        size = (given.get("parameters") or {}).get(_SIZE)
        data = given.get("data")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AskedWrongError(
            f"An input has a name, a datatype and a shape, {PIXELS!r} of "
            f"UINT8 or {FILES!r} of BYTES. Received otherwise: {error}."
        ) from None
    if size is not None and size != len(behind):
        raise AskedWrongError(
            f"{_SIZE} is {size}, and {len(behind)} bytes are behind the JSON."
        )
    return read(shape, behind if size is not None else None, data)


def _pixels(shape, raw: bytes | None, data) -> list[np.ndarray]:
    if len(shape) != 4 or min(shape) < 1 or shape[3] != 3:
        raise AskedWrongError(
            f"{PIXELS!r} has the shape {list(shape)}. Expected [pictures, "
            "height, width, 3]."
        )
    if raw is None:
        flat = np.ravel(np.asarray(data, dtype=object))
        found = pixels_of(flat.tolist(), 1)
    else:
        found = np.frombuffer(raw, "uint8")
    if found.size != math.prod(shape):
        raise AskedWrongError(
            f"{PIXELS!r} has {found.size} numbers, and the shape "
            f"{list(shape)} {math.prod(shape)}."
        )
    return list(found.reshape(shape))


def _files(shape, raw: bytes | None, data) -> list[bytes]:
    if raw is not None:
        found = _strings(raw)
    elif isinstance(data, list):
        found = [of_base64(each) for each in data]
    else:
        found = []
    if len(found) != math.prod(shape):
        raise AskedWrongError(
            f"{FILES!r} has {len(found)} files, and the shape {list(shape)} "
            f"{math.prod(shape)}."
        )
    return found


def _strings(raw: bytes) -> list[bytes]:
    """Splits strings, each behind its length of four bytes."""
    found, place = [], 0
    while place < len(raw):
        if place + 4 > len(raw):
            raise AskedWrongError(f"{FILES!r} is cut within a length.")
        (length,) = struct.unpack_from("<I", raw, place)
        place += 4 + length
        if place > len(raw):
            raise AskedWrongError(f"{FILES!r} is cut within a file.")
        found.append(raw[place - length : place])
    return found


def written(outputs: dict, binary: set[str]) -> tuple[list[dict], bytes]:
    """Returns outputs as JSON has them, and the bytes behind it.

    Args:
        outputs: By their names: float32 arrays, or lists of texts.
        binary: The names of those that are written as bytes.
    """
    told, behind = [], b""
    for name, values in outputs.items():
        is_text = isinstance(values, list)
        each = {
            "name": name,
            "datatype": "BYTES" if is_text else "FP32",
            "shape": [len(values)] if is_text else list(values.shape),
        }
        if name in binary:
            raw = _raw(values)
            each["parameters"] = {_SIZE: len(raw)}
            behind += raw
        else:
            each["data"] = values if is_text else values.ravel().tolist()
        told.append(each)
    return told, behind


def _raw(values) -> bytes:
    if not isinstance(values, list):
        return np.ascontiguousarray(values, "<f4").tobytes()
    encoded = [each.encode("utf-8", "replace") for each in values]
    return b"".join(struct.pack("<I", len(e)) + e for e in encoded)


def joined(told: dict, behind: bytes) -> tuple[bytes, dict[str, str]]:
    """Returns the body of an answer, and the headers that it needs."""
    head = json.dumps(told).encode()
    if not behind:
        return head, {"content-type": "application/json"}
    return head + behind, {
        "content-type": "application/octet-stream",
        HEADER_LENGTH: str(len(head)),
    }
