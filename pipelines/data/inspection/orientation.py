"""How a picture lies: the orientation that its EXIF asks for, 1…8.

Exif 3.0, CIPA DC-008 2023, section 4.6.5; what is asked for is what
`PIL.ImageOps.exif_transpose` does. 1 is upright; 2 to 4 mirror or turn by 180
degrees, 5 to 8 exchange height and width besides. TIFF and HEIF are turned by
the libraries that decode them.
"""

import struct
from typing import BinaryIO

import numpy as np
from PIL import Image

from pipelines.data.inspection.headers import sniff
from pipelines.data.inspection.pillow_opening import open_encoded
from pipelines.data.inspection.png_parts import LYING_TEXTS
from pipelines.data.inspection.png_parts import TEXTS
from pipelines.data.inspection.refusal import Refused

# From here on height and width are exchanged.
ON_ITS_SIDE = 5
_TAG = 0x0112
_SHORT = 3
_APP1, _SCAN, _TABLE = 0xE1, 0xDA, 0xDB
# Markers that nothing belongs to, and bytes that are none.
_BARE = {0x00, 0x01, *range(0xD0, 0xDA), 0xFF}
# Bytes of a JPEG, which hold its notes.
_HEAD = 2**18
# What a WebP begins with that has room for nothing but the picture.
PLAIN_WEBPS = (b"VP8 ", b"VP8L")
# Files of these kinds that hold none of these say nothing of how they lie.
SIGNS = {
    "PNG": (b"eXIf", b"Raw profile type exif", b"XML:com.adobe.xmp"),
    "WEBP": (b"EXIF", b"tiff:Orientation"),
}
_ENTRY = struct.Struct("<HHIHH"), struct.Struct(">HHIHH")


def orientation_of(encoded: bytes) -> int:
    """Reads the orientation of a JPEG, PNG, WebP or AVIF.

    Args:
        encoded: The file's bytes; of others, and of what is damaged, 1 is
            returned.

    Example:

    ```python
    import io
    from PIL import Image
    from pipelines.data.inspection.orientation import orientation_of
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.new("RGB", (4, 3)).save(file, "JPEG", exif=exif)
    assert orientation_of(file.getvalue()) == 6
    ```
    """
    kind = _kind(encoded)
    return _told(encoded, kind) if kind else 1


def orientation_in(file: BinaryIO, kind: str, decode: bool) -> int:
    """Reads the orientation from a file, and no more of it than that takes.

    Args:
        file: At any position.
        kind: One of `headers.FORMATS`.
        decode: Whether all of it is read in any case; else only the start of
            a JPEG is looked through.
    """
    if kind not in _WALKS:
        return 1
    file.seek(0)
    if kind == "WEBP" and file.read(16)[12:] in PLAIN_WEBPS:
        return 1
    file.seek(0)
    part = kind == "JPEG" and not decode
    return _told(file.read(_HEAD if part else -1), kind)


def _told(encoded: bytes, kind: str) -> int:
    try:
        found = _WALKS[kind](encoded)
    except (IndexError, struct.error):
        found = 0
    return found or _by_pillow(encoded)


def _by_pillow(encoded: bytes) -> int:
    try:
        with open_encoded(encoded) as picture:
            return orientation_of_picture(picture)
    # Whatever a decoder raises of a hostile file.
    except Exception:
        return 1


def orientation_of_picture(picture: Image.Image) -> int:
    """Returns what an open picture asks for; a PNG is decoded for it."""
    try:
        if picture.format == "PNG":
            # What stands behind its rows counts too, and in front of others.
            picture.load()
        found = picture.getexif().get(_TAG, 1)
    except (SyntaxError, ValueError, KeyError, struct.error, OSError):
        return 1
    return _sensible(found) or 1


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Returns pixels `(height, width, …)` upright, a view of the same.

    Args:
        pixels: As they are stored.
        orientation: In 1…8.
    """
    if orientation >= ON_ITS_SIDE:
        pixels = pixels.swapaxes(0, 1)
    down, across = flips(orientation)
    return pixels[:: -1 if down else 1, :: -1 if across else 1]


def flips(orientation: int) -> tuple[bool, bool]:
    """Returns whether rows and whether columns are then read backwards."""
    quarter = (orientation - 1) % 4
    return quarter in (2, 3), quarter in (1, 2)


def _kind(encoded: bytes) -> str:
    """Returns which of `_WALKS` it is, or ""."""
    try:
        kind = sniff(encoded[:64])
    except Refused:
        return ""
    return kind if kind in _WALKS else ""


def _jpeg(encoded: bytes) -> int:
    """Walks up to the first table or scan, in front of which EXIF belongs.

    Returns:
        0 where Pillow is to be asked.
    """
    place, found, ends = 2, 1, (_SCAN, _TABLE)
    silent = False
    while encoded[place + 1] not in ends:
        if encoded[place] != 0xFF or encoded[place + 1] in _BARE:
            return 0
        (length,) = struct.unpack_from(">H", encoded, place + 2)
        if encoded[place + 1] == _APP1:
            if encoded.startswith(b"Exif\x00\x00", place + 4):
                body = encoded[place + 10 : place + 2 + length]
                told = 0 if silent else _first_directory(body)
                if told is not None:
                    return told
                # What others note counts then, wherever it stands.
                silent, ends = True, (_SCAN,)
            elif encoded.startswith(b"http://ns.adobe.com/xap", place + 4):
                # EXIF counts more, and may come behind it.
                found = 0
        place += 2 + length
    return found


def _png(encoded: bytes) -> int:
    """Walks over all chunks, of which any may say it.

    Returns:
        0 where Pillow is to be asked.
    """
    place, found, told, silent = 8, 1, None, False
    while place + 12 <= len(encoded):
        length, name = struct.unpack_from(">I4s", encoded, place)
        start = place + 8
        if name == b"eXIf":
            if told is not None or silent:
                # Of several the last one counts.
                return 0
            told = _first_directory(encoded[start : start + length])
            silent = told is None
        if name == b"IEND":
            break
        if name in TEXTS and encoded.startswith(LYING_TEXTS, start):
            found = 0
        place = start + length + 4
    return found if told is None else told


def _webp(encoded: bytes) -> int:
    place = 12
    while place + 8 <= len(encoded):
        name, length = struct.unpack_from("<4sI", encoded, place)
        if name in (b"EXIF", b"XMP "):
            return 0
        place += 8 + length + length % 2
    return 1


def _first_directory(tiff: bytes) -> int | None:
    """Returns the tag's value, 0 where it is not written as usual.

    None where it is not there: then an editor's notes count.
    """
    start = tiff[:4]
    if start not in (b"II*\x00", b"MM\x00*"):
        return 0
    big = start[:1] == b"M"
    order = ">" if big else "<"
    (place,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, place)
    entries = tiff[place + 2 : place + 2 + 12 * count]
    if len(entries) < 12 * count:
        return 0
    for tag, kind, many, value, _ in _ENTRY[big].iter_unpack(entries):
        if tag == _TAG:
            usual = kind == _SHORT and many == 1 and value in range(1, 9)
            return value if usual else 0
    return None


def _sensible(found) -> int:
    return int(found) if found in range(1, 9) else 0


# How an AVIF lies stands in boxes of its own, which Pillow reads.
_WALKS = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "AVIF": lambda _: 0}
