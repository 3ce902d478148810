"""Small pictures that lie inside a page."""

import base64
import io
import warnings
from collections.abc import Sequence
from concurrent import futures

import numpy as np
from PIL import Image

from pipelines.data.inspection.orientation import orientation_of
from pipelines.data.inspection.orientation import turned
from pipelines.data.inspection.pillow_opening import open_encoded

# Of a picture that is decoded for a page.
MAXIMUM_PIXELS = 64_000_000
_QUALITY = 82
_SMALL = 48


def thumbnail(
    encoded: bytes | None, side: int = 256, upright: bool = True
) -> str:
    """Returns a picture as a data URI, or "" where it cannot be shown.

    Args:
        encoded: A picture file's bytes; None where there is none.
        side: What the longer side is made, in pixels; smaller pictures stay
            as they are, and very small ones are enlarged pixel by pixel.
        upright: Whether it is turned as its EXIF asks for.
    """
    if not encoded:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lies = orientation_of(encoded) if upright else 1
            picture = _shrink(_open(encoded), side, lies)
    # Decoders meet senseless input in their own ways.
    except Exception:
        return ""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/jpeg;base64,{data}"


def thumbnails(
    pictures: Sequence[bytes | None], side: int = 256, upright: bool = True
) -> list[str]:
    """Returns `thumbnail` of some pictures, several at a time."""
    with futures.ThreadPoolExecutor(4) as pool:
        return list(
            pool.map(lambda each: thumbnail(each, side, upright), pictures)
        )


def _open(encoded: bytes) -> Image.Image:
    picture = open_encoded(encoded)
    width, height = picture.size
    if width * height > MAXIMUM_PIXELS:
        raise ValueError(f"{width}x{height}")
    return picture


def _shrink(picture: Image.Image, side: int, lies: int) -> Image.Image:
    # A JPEG is decoded at an eighth, a quarter or half where that is enough.
    picture.draft("RGB", (side, side))
    picture = picture.convert("RGBA" if _see_through(picture) else "RGB")
    if lies > 1:
        picture = Image.fromarray(turned(np.asarray(picture), lies))
    if max(picture.size) <= _SMALL:
        scale = side // max(picture.size)
        width, height = (scale * each for each in picture.size)
        picture = picture.resize((width, height), Image.Resampling.NEAREST)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    if picture.mode == "RGB":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _see_through(picture: Image.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info
