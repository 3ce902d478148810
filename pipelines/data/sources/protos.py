"""Finding the picture inside a serialized `tf.train.Example`, unparsed.

Only what stands around the pictures is looked at, so that records in a
memory-mapped file are indexed without reading the pictures themselves.
https://protobuf.dev/programming-guides/encoding
"""

from collections.abc import Iterator

_VARINT = 0
_FIXED64 = 1
_BYTES = 2
_FIXED32 = 5


class MalformedError(ValueError):
    """The bytes are no `tf.train.Example`."""


def features(data, start: int, stop: int) -> dict[bytes, tuple[int, int]]:
    """Finds the features of an example by name.

    Args:
        data: Bytes, or a memory-mapped file.
        start: Where the example starts.
        stop: Where it ends.

    Returns:
        For each name, where the first value lies: start and end of a string
        of bytes, or the start of an integer and the end of its list.

    Raises:
        MalformedError: The bytes are no `tf.train.Example`.
    """
    found = {}
    for _, first, last in _fields(data, start, stop):
        for _, begin, end in _fields(data, first, last):
            pair = {
                number: (a, b) for number, a, b in _fields(data, begin, end)
            }
            if 1 not in pair or 2 not in pair:
                raise MalformedError("a feature lacks its name or its value")
            name = bytes(data[slice(*pair[1])])
            found[name] = _first_value(data, *pair[2])
    return found


def integer(data, start: int, stop: int) -> int:
    """Reads an integer where `features` found one."""
    return _varint(data, start, stop)[0]


def _first_value(data, start: int, stop: int) -> tuple[int, int]:
    for _, first, last in _fields(data, start, stop):
        for _, begin, end in _fields(data, first, last):
            return begin, end
    return stop, stop


def _fields(data, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Yields the number, start and end of every field of a message."""
    while start < stop:
        tag, start = _varint(data, start, stop)
        kind = tag & 7
        if kind == _BYTES:
            length, start = _varint(data, start, stop)
            end = start + length
        elif kind == _VARINT:
            _, end = _varint(data, start, stop)
        elif kind in (_FIXED64, _FIXED32):
            end = start + (8 if kind == _FIXED64 else 4)
        else:
            raise MalformedError(f"a field is of kind {kind}")
        if end > stop:
            raise MalformedError("a field ends behind its message")
        yield tag >> 3, start, end
        start = end


def _varint(data, start: int, stop: int) -> tuple[int, int]:
    value = shift = 0
    while start < stop and shift < 64:
        byte = data[start]
        start += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, start
        shift += 7
    raise MalformedError("a number does not end")
