"""The parts of a GIF: tables, extensions, frames, end.

GIF89a Specification, CompuServe 1990, appendix B.
"""

import struct
from typing import NamedTuple

from pipelines.data.inspection.refusal import Refused

_END, _EXTENSION, _FRAME = 0x3B, 0x21, 0x2C


class GifParts(NamedTuple):
    """What a walk over the blocks found.

    Args:
        frames: The width and height of each frame, in pixels.
        end: Where the file ends by its own account.
    """

    frames: tuple[tuple[int, int], ...]
    end: int


def gif_parts(content: bytes) -> GifParts:
    """Walks from block to block.

    Raises:
        Refused: The file is cut, or no block begins where one should.
    """
    try:
        return _walk(content)
    except (IndexError, struct.error):
        raise Refused("truncated", "is a truncated GIF") from None


def _walk(content: bytes) -> GifParts:
    place = 13 + _table(content[10])
    frames = []
    while content[place] != _END:
        if content[place] == _EXTENSION:
            place += 2
        elif content[place] == _FRAME:
            frames.append(struct.unpack_from("<HH", content, place + 5))
            place += 11 + _table(content[place + 9])
        else:
            raise Refused("damaged", "is a damaged GIF (an unknown block)")
        while content[place]:
            place += 1 + content[place]
        place += 1
    return GifParts(tuple(frames), place + 1)


def _table(flags: int) -> int:
    return 3 << (1 + (flags & 7)) if flags & 0x80 else 0
