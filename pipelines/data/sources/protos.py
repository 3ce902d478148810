"""Finding the picture inside a serialized `tf.train.Example`, unparsed.

Only what stands around the pictures is looked at, so that records in a
memory-mapped file are indexed without reading the pictures themselves.
https://protobuf.dev/programming-guides/encoding
"""

from collections.abc import Iterator
from typing import NamedTuple

_VARINT = 0
_FIXED64 = 1
_BYTES = 2
_FIXED32 = 5
# The lists that a `tf.train.Feature` may be.
_INTEGERS = 3
_KINDS = {1: "text", 2: "fractions"}


class MalformedError(ValueError):
    """The bytes are no `tf.train.Example`."""


class Feature(NamedTuple):
    """Where the first value of a feature lies.

    Args:
        start: Of a string of bytes, or of an integer.
        stop: Of a string of bytes, or of the list that the integer is in.
        kind: 1 for bytes, 2 for fractions, 3 for integers; 0 for nothing.
        alone: Whether no other field of the list follows.
    """

    start: int
    stop: int
    kind: int = 0
    alone: bool = True

    @property
    def span(self) -> slice:
        """Where a string of bytes lies."""
        return slice(self.start, self.stop)


def features(data, start: int, stop: int) -> dict[bytes, Feature]:
    """Finds the features of an example by name.

    Args:
        data: Bytes, or a memory-mapped file.
        start: Where the example starts.
        stop: Where it ends.

    Returns:
        For each name, where the first value lies.

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


def integer(data, feature: Feature) -> int:
    """Reads the one integer of a feature.

    Args:
        data: As for `features`.
        feature: As `features` found it.

    Raises:
        MalformedError: It is no integer, or there are several or none.
    """
    if feature.kind != _INTEGERS:
        kind = _KINDS.get(feature.kind, "nothing")
        raise MalformedError(f"received {kind} there")
    if feature.start == feature.stop:
        raise MalformedError("received a list of no numbers there")
    value, end = _varint(data, feature.start, feature.stop)
    if end != feature.stop or not feature.alone:
        raise MalformedError("received a list of several numbers there")
    return value


def _first_value(data, start: int, stop: int) -> Feature:
    for kind, first, last in _fields(data, start, stop):
        for _, begin, end in _fields(data, first, last):
            return Feature(begin, end, kind, end == last)
        return Feature(stop, stop, kind)
    return Feature(stop, stop)


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
