"""Pictures as a network sees them, and pictures of what is made of them."""

import io
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from pipelines.data.framing import whole_picture
from pipelines.data.thumbnails import thumbnail
from pipelines.evaluation.explanations.enlarging import heat
from zoo.preprocessing import Preprocessing

# The side of a picture on a page, in pixels, where it is not larger.
SIDE = 224
# How much of the hottest place is heat, the rest being the picture.
_OPAQUE = 0.75


def seen_pictures(
    encoded: Sequence[bytes], record: Preprocessing, upright: bool = True
) -> np.ndarray:
    """Returns what a network sees of pictures, uint8 `(pictures, …, 3)`.

    Args:
        encoded: The bytes of pictures that can be decoded.
        record: The network's.
        upright: Whether they are turned as their EXIF asks for.
    """
    return np.stack(
        [
            whole_picture(tf.constant(each), record, upright).numpy()
            for each in encoded
        ]
    )


def as_uri(pixels: np.ndarray, side: int = SIDE) -> str:
    """Returns uint8 pixels as a data URI.

    Args:
        pixels: `(height, width, 3)` or `(height, width)`.
        side: What the longer side is made; small ones are enlarged.
    """
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return thumbnail(file.getvalue(), side)


def overlay(pixels: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Lays a map over a picture: what is hot is bright, the rest as it is.

    Args:
        pixels: uint8 `(height, width, 3)`.
        drawn: `(map height, map width)`; what is negative is left out, and
            the hottest place is as bright as it can be.

    Returns:
        uint8 of at least `SIDE` pixels.
    """
    from matplotlib import colormaps

    height, width = pixels.shape[:2]
    times = -(-SIDE // max(height, width))
    picture = Image.fromarray(pixels).resize(
        (times * width, times * height), Image.Resampling.NEAREST
    )
    hot = heat(drawn[np.newaxis], (times * height, times * width))[0]
    hot = hot / hot.max() if hot.max() > 0 else hot
    colours = 255 * colormaps["inferno"](hot)[..., :3]
    share = _OPAQUE * hot[..., np.newaxis]
    grey = np.asarray(picture.convert("L"), "float32")[..., np.newaxis]
    ground = (np.asarray(picture, "float32") + grey) / 2
    return (ground * (1 - share) + colours * share).astype("uint8")
