"""The parts of a TIFF: what its first directory says, and where strips lie.

TIFF Revision 6.0, Adobe 1992, section 2. The first page is read, no other.
"""

import struct
from typing import BinaryIO

from pipelines.data.inspection.refusal import Refused

_WIDTH, _HEIGHT = 256, 257
# Of strips and of tiles: where they begin and how long they are.
_PLACES = ((273, 279), (324, 325))
_TYPES = {3: "H", 4: "I"}
_MOST_TAGS = 4096


def tiff_size(file: BinaryIO) -> tuple[int, int]:
    """Returns the width and height of the first page, as it is stored."""
    tags = _directory(file)
    if not tags.get(_WIDTH) or not tags.get(_HEIGHT):
        raise Refused("damaged", "is a TIFF that does not say its size")
    return tags[_WIDTH][0], tags[_HEIGHT][0]


def check_tiff(file: BinaryIO, size: int) -> None:
    """Refuses a TIFF whose first page reaches behind the file's end.

    Args:
        file: At any position.
        size: Bytes in the file.

    Raises:
        Refused: It is cut.
    """
    tags = _directory(file)
    for starts, lengths in _PLACES:
        found = zip(tags.get(starts, ()), tags.get(lengths, ()), strict=False)
        end = max((start + length for start, length in found), default=0)
        if end > size:
            raise Refused(
                "truncated",
                f"is a truncated TIFF ({end - size} bytes are missing)",
            )


def _directory(file: BinaryIO) -> dict[int, tuple[int, ...]]:
    """Returns the integers of the first directory, by their tags."""
    file.seek(0)
    head = file.read(8)
    order = "<" if head[:2] == b"II" else ">"
    (place,) = struct.unpack(f"{order}4xI", head)
    file.seek(place)
    (count,) = struct.unpack(f"{order}H", file.read(2))
    if count > _MOST_TAGS:
        raise Refused("damaged", f"is a TIFF of {count} tags")
    entries = file.read(12 * count)
    tags = {}
    for i in range(count):
        tag, kind, many = struct.unpack_from(f"{order}HHI", entries, 12 * i)
        if kind in _TYPES:
            tags[tag] = _values(file, order, kind, many, entries[12 * i + 8 :])
    return tags


def _values(file, order, kind, many, entry) -> tuple[int, ...]:
    length = many * struct.calcsize(_TYPES[kind])
    if length > 4:
        (place,) = struct.unpack_from(f"{order}I", entry)
        file.seek(place)
        content = file.read(length)
        # Not made where the file cannot hold it.
        if len(content) < length:
            raise struct.error
    else:
        content = entry[:4]
    return struct.unpack_from(f"{order}{many}{_TYPES[kind]}", content)
