"""Reading a file's first bytes: what it is, and how large it says it is.

Nothing is decoded and next to nothing allocated, so that a 40-byte file that
would unpack to a gigabyte is known for what it is at once.
"""

import struct
from typing import BinaryIO

from pipelines.data.inspection.boxes import largest_size
from pipelines.data.inspection.modern_formats import AVIF
from pipelines.data.inspection.modern_formats import HEIF
from pipelines.data.inspection.modern_formats import READ
from pipelines.data.inspection.refusal import Refused
from pipelines.data.inspection.tiff_parts import tiff_size

FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"),
    *(each.name for each in READ),
)
EXPECTED = "expected JPEG, PNG, GIF, BMP, WebP or TIFF inside"

# Frame headers; C4, C8 and CC are tables and extensions.
_JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_PASSED_OVER = {0xC4, 0xDB, *range(0xE0, 0xF0), 0xFE}
_JPEG_BARE = {0x01, *range(0xD0, 0xD9)}
_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"version https://git-lfs", "lfs_pointer"),
)
_BRANDS = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"hevc": "HEIC",
    b"mif1": "HEIF",
    b"heif": "HEIF",
    b"msf1": "HEIF",
}
_MODERN = {"AVIF": AVIF, "HEIC": HEIF, "HEIF": HEIF}


def sniff(head: bytes) -> str:
    """Says by a file's first bytes which of `FORMATS` it is.

    Args:
        head: The first 64 bytes, or all there are.

    Raises:
        Refused: It is none of them.
    """
    if not head:
        raise Refused("empty", "the file is empty")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    found = next(
        (name for start, name in _STARTS if head.startswith(start)), ""
    )
    if head[4:8] == b"ftyp":
        found = _brand(head)
    if found in _MODERN:
        if _MODERN[found].is_read:
            return _MODERN[found].name
    elif found in FORMATS:
        return found
    raise _no_picture(head, found)


def _brand(head: bytes) -> str:
    """Says by the first of a file's brands what it is."""
    found = _BRANDS.get(head[8:12], "a film")
    # Both families call what they have in common so.
    return "AVIF" if found == "HEIF" and b"avif" in head[16:] else found


def _no_picture(head: bytes, found: str) -> Refused:
    words = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if found == "lfs_pointer":
        return Refused(
            found, f"is no picture but a Git LFS pointer ({EXPECTED})"
        )
    if found in _MODERN:
        remedy = _MODERN[found].remedy
        return Refused("other_format", f"is {found}, not read here ({remedy})")
    if found:
        return Refused(
            "other_format", f"is no picture that is read: {found} ({EXPECTED})"
        )
    if words.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return Refused("html", f"is no picture but a web page ({EXPECTED})")
    if words.startswith((b"<svg", b"<?xml")):
        return Refused(
            "other_format", f"is no picture that is read: SVG ({EXPECTED})"
        )
    if not any(head):
        return Refused("zeros", f"is no picture but zeros ({EXPECTED})")
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        return Refused("text", f"is no picture but text ({EXPECTED})")
    return Refused("no_picture", f"is no picture ({EXPECTED})")


def size_of(file: BinaryIO, kind: str) -> tuple[int, int]:
    """Returns the width and height that a picture's header states.

    Args:
        file: At any position.
        kind: One of `FORMATS`.

    Raises:
        Refused: The header is cut or senseless.
    """
    file.seek(0)
    try:
        width, height = _SIZES[kind](file)
    except (struct.error, IndexError):
        raise Refused("truncated", f"is a {kind} cut in its header") from None
    if width < 1 or height < 1:
        raise Refused("damaged", f"is a {kind} of {width}x{height} pixels")
    return width, height


def _jpeg_size(file) -> tuple[int, int]:
    """Walks from marker to marker until a frame header."""
    file.seek(2)
    while True:
        head = file.read(4)
        if head[0] == 0xFF and head[1] in _JPEG_PASSED_OVER:
            # In one reading what most of a header is.
            length = head[2] << 8 | head[3]
            file.seek(max(length, 2) - 2, 1)
            continue
        file.seek(-len(head), 1)
        marker = file.read(2)
        while marker[0] != 0xFF or marker[1] == 0xFF:
            marker = marker[1:] + file.read(1)
            if len(marker) < 2:
                raise IndexError
        if marker[1] in _JPEG_BARE:
            continue
        if marker[1] in _JPEG_FRAMES:
            _, _, height, width = struct.unpack(">HBHH", file.read(7))
            return width, height
        if marker[1] in (0xD9, 0xDA):
            raise Refused("damaged", "is a JPEG without a frame header")
        (length,) = struct.unpack(">H", file.read(2))
        file.seek(max(length, 2) - 2, 1)


def _png_size(file) -> tuple[int, int]:
    return struct.unpack(">16xII", file.read(24))


def _gif_size(file) -> tuple[int, int]:
    return struct.unpack("<6xHH", file.read(10))


def _bmp_size(file) -> tuple[int, int]:
    head = file.read(26)
    if head[14] == 12:  # OS/2 1.x
        return struct.unpack("<18xHH", head[:22])
    width, height = struct.unpack("<18xii", head)
    # Top-down pictures have negative heights.
    return width, abs(height)


def _webp_size(file) -> tuple[int, int]:
    head = file.read(30)
    chunk = head[12:16]
    if chunk == b"VP8X":
        wide, high = head[24:27], head[27:30]
        if len(high) < 3:
            raise IndexError
        return (
            1 + int.from_bytes(wide, "little"),
            1 + int.from_bytes(high, "little"),
        )
    if chunk == b"VP8L":
        (bits,) = struct.unpack("<21xI", head[:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack("<26xHH", head)
        return width & 0x3FFF, height & 0x3FFF
    raise Refused("damaged", "is a WebP without a picture")


_SIZES = {
    "JPEG": _jpeg_size,
    "PNG": _png_size,
    "GIF": _gif_size,
    "BMP": _bmp_size,
    "WEBP": _webp_size,
    "TIFF": tiff_size,
    "HEIF": largest_size,
    "AVIF": largest_size,
}
