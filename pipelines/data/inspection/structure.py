"""Whether a picture file is whole, told without decoding it.

Pillow forgives what TensorFlow does not (a PNG's last checksums, a marker
inside a JPEG's data) and TensorFlow what nobody should (half a GIF). These
checks close the gap, and are all there is where a set is too large to decode.
"""

import struct
from typing import BinaryIO
from typing import NamedTuple

from pipelines.data.inspection.boxes import check_boxes
from pipelines.data.inspection.gif_parts import gif_parts
from pipelines.data.inspection.jpeg_parts import JpegParts
from pipelines.data.inspection.jpeg_parts import jpeg_parts
from pipelines.data.inspection.png_parts import PngParts
from pipelines.data.inspection.png_parts import png_parts
from pipelines.data.inspection.refusal import Refused
from pipelines.data.inspection.tiff_parts import check_tiff

_TAIL = 4096
_END = b"\xff\xd9"


class Structure(NamedTuple):
    """What is known of a file's parts.

    Args:
        notes: Keys of `kinds.KINDS`.
        jpeg: A JPEG's parts, where they were looked at.
        png: A PNG's parts.
    """

    notes: tuple[str, ...] = ()
    jpeg: JpegParts | None = None
    png: PngParts | None = None


def check_structure(
    file: BinaryIO, kind: str, size: int, pixels: int, decode: bool
) -> Structure:
    """Looks for the file's parts and its end.

    Args:
        file: At any position.
        kind: One of `headers.FORMATS`.
        size: Bytes in the file.
        pixels: Width times height, as the header says.
        decode: Whether the picture is to be decoded afterwards, and all of
            the file is therefore read.

    Raises:
        Refused: The file is not whole.
    """
    file.seek(0)
    return _CHECKS[kind](file, size, pixels, decode)


def _jpeg(file, size, pixels, decode) -> Structure:
    # Each block of 8x8 pixels takes one bit at the very least.
    if size * 8 < pixels // 64:
        raise Refused("truncated", f"is a JPEG with {size} bytes for its size")
    if not decode:
        file.seek(max(size - _TAIL, 2))
        if file.read().rstrip(b"\x00").endswith(_END):
            return Structure()
        file.seek(0)
    content = file.read()
    parts = jpeg_parts(content)
    ended = content[-_TAIL:].rstrip(b"\x00").endswith(_END)
    return Structure(() if ended else ("trailing_bytes",), jpeg=parts)


def _png(file, size, pixels, decode) -> Structure:
    parts = png_parts(file, size, decode)
    notes = ("animation",) * parts.animated
    return Structure(
        notes + ("trailing_bytes",) * (parts.end < size), png=parts
    )


def _gif(file, size, pixels, decode) -> Structure:
    frames, end = gif_parts(file.read())
    if not frames:
        raise Refused("damaged", "is a GIF without a frame")
    notes = ("animation",) * (len(frames) > 1)
    return Structure(notes + ("trailing_bytes",) * (end < size))


def _bmp(file, size, pixels, decode) -> Structure:
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
            f"is a BMP with {size - end} bytes after its end (save it as PNG)",
        )
    return Structure()


def _webp(file, size, pixels, decode) -> Structure:
    (length,) = struct.unpack("<4xI", file.read(8))
    end = 8 + length + length % 2
    if end > size + length % 2:
        raise Refused(
            "truncated", f"is a truncated WebP ({end - size} bytes are missing)"
        )
    return Structure(("trailing_bytes",) * (end < size))


def _tiff(file, size, pixels, decode) -> Structure:
    check_tiff(file, size)
    return Structure()


def _modern(file, size, pixels, decode) -> Structure:
    check_boxes(file, size)
    return Structure()


_CHECKS = {
    "JPEG": _jpeg,
    "PNG": _png,
    "GIF": _gif,
    "BMP": _bmp,
    "WEBP": _webp,
    "TIFF": _tiff,
    "HEIF": _modern,
    "AVIF": _modern,
}
