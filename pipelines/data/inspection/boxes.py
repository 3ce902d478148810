"""The boxes of a HEIF or AVIF: how large its pictures are, and its end.

ISO/IEC 14496-12, section 4.2, and 23008-12, section 6.5.3: each picture's size
stands in a box `ispe`, of tiles and thumbnails too.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.data.inspection.refusal import Refused

# Where the sizes stand, and what goes before the boxes inside each of these.
_PATH = ((b"meta", 4), (b"iprp", 0), (b"ipco", 0))
_SIZE = b"ispe"


def largest_size(file: BinaryIO) -> tuple[int, int]:
    """Returns the width and height of the largest picture, as it is stored.

    Raises:
        struct.error: The file ends where a size should stand.
    """
    sizes = [(0, 0), *_sizes(file, 0, file.seek(0, 2), _PATH)]
    return max(sizes, key=lambda size: size[0] * size[1])


def _sizes(file, start: int, stop: int, path) -> Iterator[tuple[int, int]]:
    for name, first, end in _boxes(file, start, stop):
        if not path and name == _SIZE:
            file.seek(first)
            yield struct.unpack(">4xII", file.read(12))
        elif path and name == path[0][0]:
            first += path[0][1]
            yield from _sizes(file, first, min(end, stop), path[1:])


def check_boxes(file: BinaryIO, size: int) -> None:
    """Refuses a file that ends inside a box.

    Args:
        file: At any position.
        size: Its bytes.

    Raises:
        Refused: It is cut.
    """
    end = 0
    for _, _, end in _boxes(file, 0, size):
        if end > size:
            raise Refused(
                "truncated", f"is truncated ({end - size} bytes are missing)"
            )
    if end < size:
        raise Refused("truncated", "is truncated (inside a box's header)")


def _boxes(file, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Yields each box's name, where what it holds begins, and its end."""
    place = start
    while place + 8 <= stop:
        file.seek(place)
        length, name = struct.unpack(">I4s", file.read(8))
        first = place + 8
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            first += 8
        # The last one may reach to the end, and say so by 0.
        end = place + length if place + length >= first else stop
        yield name, first, end
        place = end
