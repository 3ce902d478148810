"""What pictures are compared by: perceptual hashes and a tiny grey copy.

The hash is `imagehash.phash`, 64 bits: which of the lowest 8x8 frequencies
are above their median. Mirrored and turned pictures have hashes of their own,
so that a flip is found as well.
"""

import base64
from typing import NamedTuple

import imagehash
import numpy as np
from PIL import Image
from PIL import ImageOps

from pipelines.data.inspection.orientation import turned

SIDE = 32
TINY = 16
_SIXTEEN_TO_EIGHT = 1 / 256


class Fingerprint(NamedTuple):
    """What one picture is compared by.

    Args:
        hashes: Of 64 bits: as it is, mirrored, upside down, turned by 180
            degrees.
        tiny: 16x16 grey levels in base64.
        contrast: The standard deviation of 32x32 grey levels, in 0…128.
    """

    hashes: tuple[int, int, int, int] = (0, 0, 0, 0)
    tiny: str = ""
    contrast: float = 0.0


def fingerprint(picture: Image.Image, orientation: int = 1) -> Fingerprint:
    """Computes what a picture is compared by.

    Args:
        picture: Decoded, of any mode and size.
        orientation: How it lies: it is compared as it is seen upright.
    """
    grey = _grey(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    if orientation > 1:
        grey = Image.fromarray(turned(np.asarray(grey), orientation))
    mirrored = ImageOps.mirror(grey)
    turns = (grey, mirrored, ImageOps.flip(grey), ImageOps.flip(mirrored))
    tiny = grey.resize((TINY, TINY), Image.Resampling.BOX)
    return Fingerprint(
        tuple(_bits(imagehash.phash(turn)) for turn in turns),
        base64.b64encode(tiny.tobytes()).decode("ascii"),
        round(float(np.std(np.asarray(grey, "float32"))), 3),
    )


def _grey(picture) -> Image.Image:
    if picture.mode.startswith("I"):
        # Pillow would clip 16 bits to 8 instead of scaling them.
        return picture.point(lambda level: level * _SIXTEEN_TO_EIGHT).convert(
            "L"
        )
    if picture.mode == "CMYK":
        picture = picture.convert("RGB")
    return picture.convert("L")


def _bits(value: imagehash.ImageHash) -> int:
    return int.from_bytes(np.packbits(value.hash).tobytes(), "big")


def tiny_pixels(fingerprints) -> np.ndarray:
    """Returns the tiny copies, uint8 of shape `(pictures, 16, 16)`."""
    raw = b"".join(base64.b64decode(each.tiny) for each in fingerprints)
    return np.frombuffer(raw, "uint8").reshape(-1, TINY, TINY)
