"""Whether a picture file is whole, told without decoding it.

Pillow forgives what TensorFlow does not (a PNG's last checksums, a BMP of 16
bits) and TensorFlow what nobody should (half a GIF). These checks close the
gap, and are all there is where a set is too large to decode.
"""

import struct
import zlib
from typing import BinaryIO

from pipelines.data.inspection.headers import Refused

_TAIL = 4096
_SCAN, _END = b"\xff\xda", b"\xff\xd9"


def check_structure(
    file: BinaryIO, kind: str, size: int, pixels: int, decode: bool
) -> list[str]:
    """Looks for the file's parts and its end.

    Args:
        file: At any position.
        kind: One of `headers.FORMATS`.
        size: Bytes in the file.
        pixels: Width times height, as the header says.
        decode: Whether the picture is to be decoded afterwards, so that
            what the decoder tells need not be guessed here.

    Returns:
        Notes, keys of `kinds.KINDS`.

    Raises:
        Refused: The file is not whole.
    """
    file.seek(0)
    return _CHECKS[kind](file, size, pixels, decode)


def _jpeg(file, size, pixels, decode) -> list[str]:
    # Each block of 8x8 pixels takes one bit at the very least.
    if size * 8 < pixels // 64:
        raise Refused("truncated", f"is a JPEG with {size} bytes for its size")
    file.seek(max(size - _TAIL, 2))
    tail = file.read().rstrip(b"\x00")
    if tail.endswith(_END):
        return []
    file.seek(0)
    content = file.read()
    # An end before the last scan is that of a thumbnail in the header.
    if content.rfind(_END) <= content.rfind(_SCAN):
        raise Refused("truncated", "is a truncated JPEG (it has no end marker)")
    return ["trailing_bytes"]


def _png(file, size, pixels, decode) -> list[str]:
    notes, place = [], 8
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            raise Refused(
                "truncated", "is a truncated PNG (it has no end marker)"
            )
        length, name = struct.unpack(">I4s", head)
        place += 12 + length
        if place > size:
            raise Refused("truncated", "is a truncated PNG (a chunk is cut)")
        if decode or name == b"IEND":
            content = file.read(length)
            if file.read(4) != struct.pack(">I", zlib.crc32(name + content)):
                raise Refused("damaged", f"is a damaged PNG (chunk {name})")
        if name == b"acTL":
            notes.append("animation")
        if name == b"IEND":
            return notes + ["trailing_bytes"] * (place < size)


def _gif(file, size, pixels, decode) -> list[str]:
    """Walks over a GIF's blocks: tables, extensions, frames, end."""
    content = file.read()
    try:
        frames, place = _gif_frames(content)
    except IndexError:
        raise Refused("truncated", "is a truncated GIF") from None
    if not frames:
        raise Refused("damaged", "is a GIF without a frame")
    return ["animation"] * (frames > 1) + ["trailing_bytes"] * (place < size)


def count_frames(file: BinaryIO) -> int:
    """Returns how many frames a GIF has; 0 where it is cut."""
    file.seek(0)
    try:
        return _gif_frames(file.read())[0]
    except (IndexError, Refused):
        return 0


def _gif_frames(content: bytes) -> tuple[int, int]:
    """Returns the number of frames and where the file ends."""
    place = 13 + _table(content[10])
    frames = 0
    while content[place] != 0x3B:
        if content[place] == 0x21:
            place += 2
        elif content[place] == 0x2C:
            frames += 1
            place += 11 + _table(content[place + 9])
        else:
            raise Refused("damaged", "is a damaged GIF (an unknown block)")
        while content[place]:
            place += 1 + content[place]
        place += 1
    return frames, place + 1


def _table(flags: int) -> int:
    return 3 << (1 + (flags & 7)) if flags & 0x80 else 0


def _bmp(file, size, pixels, decode) -> list[str]:
    head = file.read(34)
    if len(head) < 34:
        raise Refused("truncated", "is a truncated BMP")
    offset, info, width, height, bits, compression = struct.unpack(
        "<10xIIii2xHI", head
    )
    if info < 40:
        raise Refused("unusual_bmp", "is a BMP of OS/2 (save it as PNG)")
    if bits < 8:
        raise Refused(
            "palette_bmp",
            f"is a BMP with a palette, {bits} bits a pixel (save it as PNG)",
        )
    # 3 and 6: 32 bits with masks.
    if bits not in (8, 24, 32) or compression not in (0, 3, 6):
        raise Refused(
            "unusual_bmp",
            f"is a BMP of {bits} bits a pixel and compression {compression} "
            "(save it as PNG)",
        )
    row = (bits * width + 31) // 32 * 4
    end = offset + row * abs(height)
    if end > size:
        raise Refused(
            "truncated", f"is a truncated BMP ({end - size} bytes are missing)"
        )
    if end < size:
        raise Refused(
            "unusual_bmp",
            f"is a BMP with {size - end} bytes after its end, which "
            "TensorFlow refuses (save it as PNG)",
        )
    return []


def _webp(file, size, pixels, decode) -> list[str]:
    (length,) = struct.unpack("<4xI", file.read(8))
    end = 8 + length + length % 2
    if end > size + length % 2:
        raise Refused(
            "truncated", f"is a truncated WebP ({end - size} bytes are missing)"
        )
    return ["trailing_bytes"] * (end < size)


_CHECKS = {
    "JPEG": _jpeg,
    "PNG": _png,
    "GIF": _gif,
    "BMP": _bmp,
    "WEBP": _webp,
}
