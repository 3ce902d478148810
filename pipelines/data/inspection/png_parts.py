"""The parts of a PNG, and whether all its rows are there.

Portable Network Graphics, Third Edition, W3C 2025, sections 5, 7 and 11.
Pillow forgives what libpng, which TensorFlow decodes by, does not: a header
of senseless values, a missing palette, an unknown part that matters, rows
that are not there.
"""

import math
import struct
import zlib
from typing import BinaryIO
from typing import NamedTuple

from pipelines.data.inspection.refusal import Refused

# libpng's own limit, of each side.
MAXIMUM_SIDE = 1_000_000
# Samples a pixel and the depths allowed, by the type of colour.
_TYPES = {
    0: (1, (1, 2, 4, 8, 16)),
    2: (3, (8, 16)),
    3: (1, (1, 2, 4, 8)),
    4: (2, (8, 16)),
    6: (4, (8, 16)),
}
_PALETTE = 3
# Chunks of text, and what begins those that say how a picture lies.
TEXTS = (b"iTXt", b"zTXt", b"tEXt")
LYING_TEXTS = (b"XML:com.adobe.xmp", b"Raw profile type exif")
_LONGEST = max(map(len, LYING_TEXTS))
# Adam7: the first column and row of each pass, and the steps between.
_PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PIECE = 2**20


class PngParts(NamedTuple):
    """What a walk over the chunks found.

    Args:
        depth: Bits a sample, as stored.
        length: Bytes that all rows take when they are unpacked.
        animated: Whether it has more frames.
        end: Where the file ends by its own account.
        packed: The places and lengths of what the rows are packed in.
        tells: Whether something in it may say how it lies.
    """

    depth: int
    length: int
    animated: bool
    end: int
    packed: tuple[tuple[int, int], ...]
    tells: bool


def png_parts(file: BinaryIO, size: int, checksums: bool) -> PngParts:
    """Walks from chunk to chunk.

    Args:
        file: At any position.
        size: Bytes in the file.
        checksums: Whether all chunks' are compared; the last one's always is.

    Raises:
        Refused: The file is cut or damaged, or libpng refuses it.
    """
    place, names, packed = 8, [], []
    depth, length, colour, tells = 0, 0, 0, False
    while names[-1:] != [b"IEND"]:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            raise _cut("it has no end marker")
        count, name = struct.unpack(">I4s", head)
        if place + 12 + count > size:
            raise _cut("a chunk is cut")
        if checksums or name in (b"IHDR", b"IEND"):
            content = file.read(count)
            if file.read(4) != struct.pack(">I", zlib.crc32(name + content)):
                raise _damaged(f"chunk {name}")
        if not names:
            depth, length, colour = _header(name, content)
        elif name == b"IDAT":
            packed.append((place + 8, count))
        elif name == b"eXIf" or name in TEXTS:
            file.seek(place + 8)
            begun = file.read(_LONGEST).startswith(LYING_TEXTS)
            tells = tells or begun or name == b"eXIf"
        _check_order(name, count, names, colour)
        names.append(name)
        place += 12 + count
    if not packed:
        raise _damaged("it has no picture")
    animated = b"acTL" in names
    return PngParts(depth, length, animated, place, tuple(packed), tells)


def _header(name: bytes, content: bytes) -> tuple[int, int, int]:
    if name != b"IHDR" or len(content) != 13:
        raise _damaged("it does not begin with its header")
    width, height, depth, colour, packing, filters, interlaced = struct.unpack(
        ">IIBBBBB", content
    )
    samples, depths = _TYPES.get(colour, (0, ()))
    if depth not in depths or packing or filters or interlaced > 1:
        raise _damaged("its header holds values that are not allowed")
    if max(width, height) > MAXIMUM_SIDE:
        raise Refused(
            "too_many_pixels",
            f"is a PNG of {width}x{height}, whose sides may have "
            f"{MAXIMUM_SIDE:,} pixels",
        )
    return depth, _unpacked(width, height, depth * samples, interlaced), colour


def _unpacked(width, height, bits, interlaced) -> int:
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    length = 0
    for left, top, wide, high in passes:
        columns = math.ceil((width - left) / wide)
        rows = math.ceil((height - top) / high)
        if columns > 0 and rows > 0:
            # A byte for the filter of each row.
            length += rows * (1 + math.ceil(columns * bits / 8))
    return length


def _check_order(name: bytes, count: int, names: list, colour: int) -> None:
    """Refuses a chunk that libpng stumbles over."""
    if name == b"IDAT":
        if colour == _PALETTE and b"PLTE" not in names:
            raise _damaged("it has no palette")
        if b"IDAT" in names and names[-1] != b"IDAT":
            raise _damaged("its picture is in several places")
    elif name == b"PLTE":
        senseless = not 0 < count <= 768 or count % 3
        if b"PLTE" in names or b"IDAT" in names or senseless:
            raise _damaged("its palette is senseless")
    elif name == b"IHDR":
        if names:
            raise _damaged("it has two headers")
    elif name == b"IEND":
        if count:
            raise _damaged("its end holds something")
    elif not name.isalpha() or name[:1].isupper():
        raise _damaged(f"chunk {name}, which nobody knows and everybody must")


def check_rows(file: BinaryIO, parts: PngParts) -> None:
    """Refuses a PNG whose packed rows end before its last row.

    Raises:
        Refused: Rows are missing.
    """
    unpack, length = zlib.decompressobj(), 0
    for place, count in parts.packed:
        file.seek(place)
        waiting = file.read(count)
        while waiting and not unpack.eof:
            try:
                length += len(unpack.decompress(waiting, _PIECE))
            except zlib.error as error:
                raise _damaged(str(error)) from None
            waiting = unpack.unconsumed_tail
    while not unpack.eof and length < parts.length:
        piece = unpack.decompress(b"", _PIECE)
        if not piece:
            break
        length += len(piece)
    if length < parts.length:
        raise _cut("its last rows are missing")


def _cut(reason: str) -> Refused:
    return Refused("truncated", f"is a truncated PNG ({reason})")


def _damaged(reason: str) -> Refused:
    return Refused("damaged", f"is a damaged PNG ({reason})")
