"""Looking at one file: what it is, and whether it can be trained on.

Pillow decodes, JPEGs at the smallest scale its library has: every byte goes
through the same Huffman decoder, at twice the speed. What it accepts and
TensorFlow does not, and the other way round, is checked beside it.
"""

import io
import os
import struct
import warnings
from typing import BinaryIO
from typing import NamedTuple

from PIL import Image

from pipelines.data.inspection import headers
from pipelines.data.inspection.headers import Refused
from pipelines.data.inspection.kinds import KINDS
from pipelines.data.inspection.structure import check_structure
from pipelines.data.inspection.structure import count_frames

MAXIMUM_PIXELS = 64_000_000
MAXIMUM_BYTES = 64 * 2**20
SMALL_SIDE = 32
LARGE_PIXELS = 25_000_000
LONG_RATIO = 4
_EXTENSIONS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "WEBP": (".webp",),
}
_NAMED = {end for ends in _EXTENSIONS.values() for end in ends}
_ORIENTATION = 0x0112
# The smallest scale of a JPEG that leaves this much to compare pictures by.
_DRAFT = (64, 64)
# Pillow's decoders meet senseless input in their own ways.
_DECODER_ERRORS = (
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


class Limits(NamedTuple):
    """How much one file may ask for.

    Args:
        pixels: Width times height, over all frames of an animation.
        bytes: The file's size.
    """

    pixels: int = MAXIMUM_PIXELS
    bytes: int = MAXIMUM_BYTES


_LIMITS = Limits()


class Look(NamedTuple):
    """What was seen in one file.

    Args:
        format: One of `headers.FORMATS`, or empty.
        mode: Pillow's, such as `"RGB"`.
        width: In pixels, as stored.
        height: In pixels, as stored.
        orientation: EXIF's, 1…8; 1 is upright.
        size: The file's bytes.
        problem: Why it is to be refused, a key of `KINDS`; empty if not.
        detail: The problem in words, the end of a sentence about the file.
        notes: Further keys of `KINDS`.
    """

    format: str = ""
    mode: str = ""
    width: int = 0
    height: int = 0
    orientation: int = 1
    size: int = 0
    problem: str = ""
    detail: str = ""
    notes: tuple[str, ...] = ()


def classify(
    encoded: bytes, name: str = "", *, decode=True, limits=_LIMITS
) -> Look:
    """Looks at a picture's bytes.

    Args:
        encoded: The file's content.
        name: Its name, to compare its ending with the content.
        decode: Whether to decode to the last line.
        limits: What is refused on its header alone.

    Example:

    ```python
    from pipelines.data.inspection.classification import classify
    assert classify(b"<html>404</html>", "cat.jpg").problem == "html"
    ```
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        look, _ = inspect_file(
            io.BytesIO(encoded), len(encoded), name, decode, limits
        )
    return look


def inspect_file(
    file: BinaryIO, size: int, name: str, decode: bool, limits: Limits
) -> tuple[Look, Image.Image | None]:
    """Looks at an open file; see `classify`.

    Pillow warns of some files: silence it around many calls, not in each,
    which threads cannot do.

    Returns:
        What was seen, and the decoded picture, a JPEG in grey and scaled
        down; None where it was not decoded.
    """
    seen = {"size": size}
    try:
        picture = _inspect(file, seen, name, decode, limits)
    except Refused as refused:
        seen |= {"problem": refused.kind, "detail": refused.detail}
        picture = None
    return Look(**seen), picture


def _inspect(file, seen, name, decode, limits):
    if seen["size"] > limits.bytes:
        raise Refused(
            "too_many_bytes",
            f"its {seen['size']:,} bytes exceed the limit of {limits.bytes:,}",
        )
    seen["format"] = kind = headers.sniff(file.read(64))
    width, height = headers.size_of(file, kind)
    seen |= {"width": width, "height": height}
    _check_pixels(file, kind, width, height, limits)
    notes = check_structure(file, kind, seen["size"], width * height, decode)
    picture = _open(file, kind)
    seen |= {"mode": picture.mode}
    _check_mode(picture, kind)
    seen["orientation"] = _orientation(picture)
    notes += _notes(picture, kind, name, seen)
    seen["notes"] = tuple(notes)
    if not decode:
        return None
    _decode(picture)
    _check_low_bits(picture)
    return picture


def _check_pixels(file, kind, width, height, limits) -> None:
    pixels = width * height
    if pixels > limits.pixels:
        raise Refused(
            "too_many_pixels",
            f"{width}x{height} is over {limits.pixels:,} pixels",
        )
    # TensorFlow decodes all frames even where it returns one.
    frames = count_frames(file) if kind == "GIF" else 1
    if frames * pixels > limits.pixels:
        raise Refused(
            "too_many_frames",
            f"{frames} frames of {width}x{height} are over "
            f"{limits.pixels:,} pixels",
        )


def _open(file, kind: str) -> Image.Image:
    file.seek(0)
    try:
        return Image.open(file, formats=(kind,))
    except _DECODER_ERRORS as error:
        raise _damaged(kind, error) from None


def _damaged(kind, error) -> Refused:
    reason = str(error) or type(error).__name__
    cut = "truncated" in reason.lower()
    return Refused(
        "truncated" if cut else "damaged",
        f"is a {kind} that cannot be decoded ({reason})",
    )


def _decode(picture) -> None:
    picture.draft("L", _DRAFT)
    try:
        picture.load()
    except _DECODER_ERRORS as error:
        raise _damaged(picture.format, error) from None


def _check_mode(picture, kind: str) -> None:
    """Refuses what decodes for Pillow and wrongly for TensorFlow."""
    if kind == "JPEG" and picture.mode == "CMYK":
        if "adobe" not in picture.info:
            raise Refused(
                "cmyk_without_adobe",
                "is a CMYK JPEG without Adobe's marker, which TensorFlow "
                "decodes to black (save it as RGB)",
            )
    elif kind == "BMP" and picture.mode in ("1", "P"):
        raise Refused("palette_bmp", "is a BMP with a palette (save it as PNG)")
    elif kind == "WEBP" and picture.n_frames > 1:
        raise Refused(
            "webp_animation", "is a WebP with several frames (save it as PNG)"
        )
    elif kind == "WEBP" and picture.mode != "RGB":
        raise Refused(
            "webp_alpha", "is a WebP with transparency (save it as PNG)"
        )


def _check_low_bits(picture) -> None:
    if not picture.mode.startswith("I;16") and picture.mode != "I":
        return
    _, highest = picture.getextrema()
    if 0 < highest < 4096:
        raise Refused(
            "low_bits",
            f"is a 16-bit PNG whose highest value is {highest} of 65535: "
            "TensorFlow decodes it to almost black (scale its values)",
        )


def _orientation(picture) -> int:
    if "exif" not in picture.info:
        return 1
    try:
        orientation = picture.getexif().get(_ORIENTATION, 1)
    except (SyntaxError, ValueError, KeyError, struct.error, OSError):
        return 1
    return orientation if orientation in range(1, 9) else 1


def _notes(picture, kind, name, seen):
    width, height = seen["width"], seen["height"]
    end = os.path.splitext(name)[1].lower()
    found = {
        "wrong_extension": end in _NAMED and end not in _EXTENSIONS[kind],
        "cmyk": picture.mode == "CMYK",
        "alpha": picture.mode in ("RGBA", "LA", "PA")
        or ("transparency" in picture.info and kind == "PNG"),
        "sixteen_bit": picture.mode.startswith("I"),
        "several_pictures": picture.format == "MPO",
        "rotated": seen["orientation"] != 1,
        "small": min(width, height) < SMALL_SIDE,
        "large": width * height > LARGE_PIXELS,
        "long": max(width, height) > LONG_RATIO * min(width, height),
    }
    return [key for key in KINDS if found.get(key)]
