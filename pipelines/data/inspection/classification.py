"""Looking at one file: what it is, and whether it can be trained on.

Pillow decodes, JPEGs at the smallest scale its library has: every byte goes
through the same Huffman decoder, at twice the speed. What it accepts and
TensorFlow does not, and the other way round, is told from the file's parts.
Who trains lets TensorFlow judge PNG and WebP, which costs no more.
"""

import io
import os
import warnings
from collections.abc import Callable
from typing import BinaryIO
from typing import NamedTuple

import numpy as np
from PIL import Image

from pipelines.data.inspection import headers
from pipelines.data.inspection.gif_parts import gif_parts
from pipelines.data.inspection.kinds import KINDS
from pipelines.data.inspection.modern_formats import MODERN
from pipelines.data.inspection.orientation import ON_ITS_SIDE
from pipelines.data.inspection.orientation import orientation_in
from pipelines.data.inspection.pillow_decoding import PILLOWS
from pipelines.data.inspection.pillow_decoding import as_rgb
from pipelines.data.inspection.pillow_decoding import load
from pipelines.data.inspection.pillow_opening import open_picture
from pipelines.data.inspection.png_parts import check_rows
from pipelines.data.inspection.refusal import Refused
from pipelines.data.inspection.structure import Structure
from pipelines.data.inspection.structure import check_structure
from pipelines.data.inspection.wrong_pixels import check_complete
from pipelines.data.inspection.wrong_pixels import check_low_bits
from pipelines.data.inspection.wrong_pixels import check_mode
from pipelines.data.inspection.wrong_pixels import content_of
from pipelines.data.inspection.wrong_pixels import upper_bits

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
    "TIFF": (".tif", ".tiff"),
    **{each.name: each.endings for each in MODERN},
}
_NAMED = {end for ends in _EXTENSIONS.values() for end in ends}
# Given a picture's bytes and its format, one of `_ASKED`, decodes it: uint8
# `(height, width, 3)`. Raises `Refused`.
_ASKED = ("PNG", "WEBP")
Decoder = Callable[[bytes, str], np.ndarray]


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
        width: In pixels, of the picture upright where it was looked into.
        height: Likewise.
        orientation: What EXIF asks for, 1…8; 1 is upright as it is stored.
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
    file: BinaryIO,
    size: int,
    name: str,
    decode: bool,
    limits: Limits,
    decoder: Decoder | None = None,
) -> tuple[Look, Image.Image | None]:
    """Looks at an open file; see `classify`.

    Pillow warns of some files: silence it around many calls, not in each,
    which threads cannot do.

    Args:
        file: At any position.
        size: Its bytes.
        name: As for `classify`.
        decode: Likewise.
        limits: Likewise.
        decoder: What will read the picture later, and is asked in Pillow's
            place: only what is wrong is told then, not what kind of picture
            it is; None where it is not to be had.

    Returns:
        What was seen, and the decoded picture, a JPEG in grey and scaled
        down; None where Pillow did not decode it.

    Raises:
        MemoryError: It needs more memory than there is.
    """
    seen = {"size": size}
    try:
        picture = _inspect(file, seen, name, decode, limits, decoder)
    except Refused as refused:
        seen |= {"problem": refused.kind, "detail": refused.detail}
        picture = None
    except (MemoryError, OSError):
        raise
    # One strange file must not end the look at all others.
    except Exception as error:
        detail = f"cannot be looked at ({type(error).__name__}: {error})"
        seen |= {"problem": "damaged", "detail": detail}
        picture = None
    return Look(**seen), picture


def _inspect(file, seen, name, decode, limits, decoder):
    if seen["size"] > limits.bytes:
        raise Refused(
            "too_many_bytes",
            f"its {seen['size']:,} bytes exceed the limit of {limits.bytes:,}",
        )
    file.seek(0)
    seen["format"] = kind = headers.sniff(file.read(64))
    width, height = headers.size_of(file, kind)
    seen |= {"width": width, "height": height}
    _check_pixels(file, kind, width, height, limits)
    parts = check_structure(file, kind, seen["size"], width * height, decode)
    if decode and decoder and kind in _ASKED:
        _ask(decoder, file, kind, parts)
        return None
    picture = open_picture(file, kind)
    if kind in PILLOWS:
        # As it will be decoded: turned, or as large as its first frame.
        seen |= dict(zip(("width", "height"), picture.size, strict=True))
    seen |= {"mode": picture.mode}
    check_mode(picture, kind)
    if not decoder:
        lies = _lies(file, parts, kind, decode)
        _describe(picture, parts, name, seen, lies)
    if not decode:
        return None
    _decode(picture, file, kind, parts)
    return picture


def _ask(decoder: Decoder, file, kind: str, parts: Structure) -> None:
    """Lets decode what will decode the picture later, and Pillow nothing."""
    if kind == "WEBP":
        check_mode(open_picture(file, kind), kind)
    try:
        pixels = decoder(content_of(file), kind)
    except Refused:
        if parts.png:
            # Which says more.
            check_rows(file, parts.png)
        raise
    if parts.png and parts.png.depth == 16:
        check_low_bits(pixels)


def _decode(picture, file, kind: str, parts: Structure) -> None:
    """Lets Pillow decode, and looks for what it forgives."""
    load(picture, kind)
    if parts.jpeg:
        check_complete(file, parts.jpeg, picture)
    elif parts.png:
        last = (0, picture.height - 1, *picture.size)
        # What is missing is zero.
        if not np.asarray(picture.crop(last)).any():
            check_rows(file, parts.png)
        if parts.png.depth == 16:
            check_low_bits(upper_bits(picture))
    elif kind in ("TIFF", "HEIF", "AVIF"):
        as_rgb(picture, kind)


def _check_pixels(file, kind, width, height, limits) -> None:
    if width * height > limits.pixels:
        raise Refused(
            "too_many_pixels",
            f"{width}x{height} is over {limits.pixels:,} pixels",
        )
    if kind != "GIF":
        return
    file.seek(0)
    frames, _ = gif_parts(file.read())
    for wide, high in frames:
        if wide * high > limits.pixels:
            raise Refused(
                "too_many_pixels",
                f"a frame of {wide}x{high} is over {limits.pixels:,} pixels",
            )
    if len(frames) * width * height > limits.pixels:
        raise Refused(
            "too_many_frames",
            f"{len(frames)} frames of {width}x{height} are over "
            f"{limits.pixels:,} pixels",
        )


def _lies(file: BinaryIO, parts: Structure, kind: str, decode: bool) -> int:
    if parts.png and not parts.png.tells:
        return 1
    return orientation_in(file, kind, decode)


def _describe(picture, parts, name, seen, lies) -> None:
    """Notes what kind of picture it is, upright."""
    seen["orientation"] = lies
    if lies >= ON_ITS_SIDE:
        seen["width"], seen["height"] = seen["height"], seen["width"]
    seen["notes"] = (*parts.notes, *_notes(picture, parts, name, seen))


def _pages(picture) -> int:
    try:
        return picture.n_frames
    # A later page is senseless, which is none of the first one's matters.
    except Exception:
        return 1


def _notes(picture, parts, name, seen):
    kind, width, height = (seen[key] for key in ("format", "width", "height"))
    end = os.path.splitext(name)[1].lower()
    found = {
        "wrong_extension": end in _NAMED and end not in _EXTENSIONS[kind],
        "cmyk": picture.mode == "CMYK",
        "alpha": picture.mode in ("RGBA", "LA", "PA")
        or ("transparency" in picture.info and kind in ("PNG", "GIF")),
        "sixteen_bit": parts.png is not None and parts.png.depth == 16,
        "several_pictures": picture.format == "MPO"
        or (kind == "TIFF" and _pages(picture) > 1),
        "rotated": seen["orientation"] != 1,
        "small": min(width, height) < SMALL_SIDE,
        "large": width * height > LARGE_PIXELS,
        "long": max(width, height) > LONG_RATIO * min(width, height),
    }
    return [key for key in KINDS if found.get(key)]
