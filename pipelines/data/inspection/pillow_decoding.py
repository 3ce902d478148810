"""Decoding by Pillow: to judge a file, and to read what TensorFlow reads wrong.

TensorFlow takes a GIF's transparency for black and its first frame for the
picture, a BMP's masks for those that are usual, and knows no TIFF, HEIF or
AVIF. These are read by Pillow wherever pictures are read, so that what is
judged is what is learned from.
"""

import io

import numpy as np
from PIL import Image

from pipelines.data.inspection.headers import sniff
from pipelines.data.inspection.orientation import orientation_of_picture
from pipelines.data.inspection.orientation import turned
from pipelines.data.inspection.pillow_opening import open_picture
from pipelines.data.inspection.pillow_opening import undecodable
from pipelines.data.inspection.refusal import Refused

# What Pillow decodes for training, too.
PILLOWS = ("GIF", "BMP", "TIFF", "HEIF", "AVIF")
# The smallest scale of a JPEG that leaves this much to compare pictures by.
_DRAFT = (64, 64)


def load(picture: Image.Image, kind: str, *, small: bool = True) -> None:
    """Decodes an open picture to its last line.

    Args:
        picture: What was opened.
        kind: One of `headers.FORMATS`.
        small: Whether a JPEG is decoded in grey at the smallest scale: every
            byte goes through the same Huffman decoder, at twice the speed.

    Raises:
        Refused: It cannot be decoded.
    """
    try:
        if small:
            picture.draft("L", _DRAFT)
        picture.load()
    except MemoryError:
        raise
    except Exception as error:
        raise undecodable(kind, error) from None


def decode_jpeg(content: bytes, small: bool) -> np.ndarray:
    """Returns a JPEG's pixels as `load` decodes them."""
    picture = open_picture(io.BytesIO(content), "JPEG")
    load(picture, "JPEG", small=small)
    return np.asarray(picture)


def decode_whole(content: bytes, upright: bool = True) -> np.ndarray:
    """Returns the pixels of one of `PILLOWS`, uint8 `(height, width, 3)`.

    Args:
        content: The file's bytes.
        upright: Whether an AVIF is turned as it asks for; TIFF and HEIF are
            by their own libraries, and the others cannot ask.

    Raises:
        Refused: It is none, or cannot be decoded.
    """
    kind = sniff(content[:64])
    if kind not in PILLOWS:
        raise Refused("damaged", f"is a {kind} that is not whole")
    picture = open_picture(io.BytesIO(content), kind)
    load(picture, kind)
    pixels = as_rgb(picture, kind)
    if upright and kind == "AVIF":
        pixels = turned(pixels, orientation_of_picture(picture))
    return np.ascontiguousarray(pixels)


def as_rgb(picture: Image.Image, kind: str) -> np.ndarray:
    """Returns a decoded picture's pixels, uint8 `(height, width, 3)`.

    Raises:
        Refused: It has no colours of 8 bits.
    """
    try:
        return np.asarray(picture.convert("RGB"))
    except MemoryError:
        raise
    except Exception as error:
        raise undecodable(kind, error) from None
