"""What decodes without an error, to pixels that nobody drew."""

import numpy as np

from pipelines.data.inspection.jpeg_parts import JpegParts
from pipelines.data.inspection.pillow_decoding import decode_jpeg
from pipelines.data.inspection.refusal import Refused

# What libjpeg makes of data that is not there, and what is put in its place
# to find out whether it was.
_GREYS = (128, (128, 128, 128))
_JUNK = bytes(range(17, 251, 3)) * 2
# Of a 16-bit picture's values: so many may be bright, and so many have to be
# dim, where it holds 12 bits.
_BRIGHT, _DIM = 0.001, 0.1
# Colours of 8 bits.
_TIFF_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


def content_of(file) -> bytes:
    """Returns all of an open file."""
    file.seek(0)
    return file.read()


def check_mode(picture, kind: str) -> None:
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
    elif kind == "TIFF" and picture.mode not in _TIFF_MODES:
        raise Refused(
            "unusual_tiff",
            f"is a TIFF of the kind {picture.mode}, not of 8 bits a colour "
            "(save it as PNG)",
        )
    elif kind == "WEBP" and picture.n_frames > 1:
        raise Refused(
            "webp_animation", "is a WebP with several frames (save it as PNG)"
        )
    elif kind == "WEBP" and picture.mode != "RGB":
        raise Refused(
            "webp_alpha", "is a WebP with transparency (save it as PNG)"
        )


def check_complete(file, parts: JpegParts, picture) -> None:
    """Refuses a JPEG whose data ends before its last block.

    libjpeg makes grey of what is missing and says so in a warning that neither
    Pillow nor TensorFlow hands on. Bytes put behind the data are read only
    where something is missing.
    """
    corner = picture.width - 1, picture.height - 1
    if not parts.doubtful and picture.getpixel(corner) not in _GREYS:
        return
    content = content_of(file)
    small = not parts.doubtful
    longer = content[: parts.data_end] + _JUNK + b"\xff\xd9"
    if not np.array_equal(
        decode_jpeg(content, small), decode_jpeg(longer, small)
    ):
        raise Refused(
            "truncated",
            "is a truncated JPEG (its data ends before the picture does)",
        )


def check_low_bits(upper: np.ndarray) -> None:
    """Refuses values of 12 bits in 16, also below a few bright pixels.

    Args:
        upper: The upper 8 bits of all values, alpha left out.
    """
    bright = float((upper >= 16).mean())
    dim = float(((upper > 0) & (upper < 16)).mean())
    if bright <= _BRIGHT and (dim >= _DIM or (dim > 0 and not bright)):
        raise Refused(
            "low_bits",
            "is a 16-bit PNG whose values are below 4096 of 65535: they are "
            "decoded to almost black (scale them)",
        )


def upper_bits(picture) -> np.ndarray:
    """Returns the upper 8 bits of a 16-bit PNG's values, alpha left out."""
    pixels = np.asarray(picture)
    if picture.mode.startswith("I"):
        return pixels >> 8
    return pixels[..., :3] if picture.mode == "RGBA" else pixels
