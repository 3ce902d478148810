"""The boxes of a HEIF or AVIF: how large its pictures are, and its end.

ISO/IEC 14496-12, section 4.2, and 23008-12, section 6.5.3: each picture's size
stands in a box `ispe`, of tiles and thumbnails too.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.data.inspection.refusal import Refused

# Where sizes stand lies before the pictures.
_HEAD = 2**20


def largest_size(file: BinaryIO) -> tuple[int, int]:
    """Returns the width and height of the largest picture, as it is stored."""
    file.seek(0)
    head = file.read(_HEAD)
    sizes, place = [(0, 0)], head.find(b"ispe")
    while place >= 0:
        sizes.append(struct.unpack_from(">4xII", head, place + 4))
        place = head.find(b"ispe", place + 4)
    return max(sizes, key=lambda size: size[0] * size[1])


def check_boxes(file: BinaryIO, size: int) -> None:
    """Refuses a file that ends inside a box.

    Args:
        file: At any position.
        size: Its bytes.

    Raises:
        Refused: It is cut.
    """
    for end in _ends(file, size):
        if end > size:
            raise Refused(
                "truncated", f"is truncated ({end - size} bytes are missing)"
            )


def _ends(file: BinaryIO, size: int) -> Iterator[int]:
    place = 0
    while place < size:
        file.seek(place)
        (length,) = struct.unpack(">I4x", file.read(8))
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
        # The last one may reach to the end, and say so by 0.
        place = place + length if length >= 8 else size
        yield place
