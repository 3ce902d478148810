"""Making pictures smaller before they are packed."""

import io

from PIL import ExifTags
from PIL import Image

from pipelines.data.inspection.orientation import orientation_of
from pipelines.data.inspection.pillow_opening import open_encoded
from zoo.errors import DataError

# More than that is refused before it is decoded.
_PIXELS = 64_000_000


def reencode(encoded: bytes, name: str, max_side: int, quality: int) -> bytes:
    """Shrinks a picture whose longer side is too long, to JPEG.

    Others are left as they are, to the bit. Pixels stay as they are stored
    and keep their orientation's tag, so that a pack is read as its pictures
    are: turned, or not.

    Args:
        encoded: Of any format that is read; of a GIF its first frame.
        name: What it is called in messages.
        max_side: The longest side left, in pixels.
        quality: Of the JPEG, 1 to 100; from 90 on without chroma
            subsampling.

    Raises:
        DataError: It cannot be decoded.
    """
    try:
        picture = open_encoded(encoded)
        width, height = picture.size
        if max(width, height) <= max_side:
            return encoded
        if width * height > _PIXELS:
            raise ValueError(f"{width}x{height} is over {_PIXELS:,} px")
        exif = _tag_alone(orientation_of(encoded))
        # A JPEG is decoded at a fraction of its size where that is enough.
        picture.draft("RGB", (3 * max_side, 3 * max_side))
        picture = picture.convert("RGB")
        picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    # Decoders meet senseless input in their own ways.
    except Exception as error:
        raise DataError(
            f"{name} cannot be decoded ({error}). Remove or replace it."
        ) from error
    file = io.BytesIO()
    picture.save(
        file,
        "JPEG",
        quality=quality,
        subsampling="4:4:4" if quality >= 90 else "4:2:0",
        exif=exif,
    )
    return file.getvalue()


def _tag_alone(orientation: int) -> bytes:
    """Returns EXIF that says how a picture lies, and nothing else of it."""
    if orientation == 1:
        return b""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif.tobytes()
