"""Finding pictures that must not be trained on, before the first step."""

import io
import warnings
from concurrent import futures

import numpy as np
from PIL import Image

from pipelines.data.examples import Examples
from zoo.errors import DataError

MAXIMUM_PIXELS = 64_000_000
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")
# Below this many bytes in all, every picture is decoded to its last line,
# at about 1,000 photos a second; above it, only headers and ends are read.
DECODE_LIMIT = 256 * 2**20
_PNG_END = b"IEND\xaeB`\x82"
_CHUNK = 256
_SHOWN = 5


def check_pictures(*parts: Examples, progress=None) -> np.ndarray:
    """Looks at every picture and refuses the set if one cannot be decoded.

    Args:
        parts: What is to be trained on or judged by.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        The shorter side of every picture, in pixels, part after part.

    Raises:
        DataError: Names the first few pictures and what is wrong with them.
    """
    sides, problems, budget = [], [], DECODE_LIMIT
    total = sum(map(len, parts))
    with futures.ThreadPoolExecutor(4) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for names, pictures in _chunks(parts):
            budget -= sum(map(len, pictures))
            whole = [budget > 0] * len(pictures)
            for name, (side, problem) in zip(
                names, pool.map(inspect, pictures, whole), strict=True
            ):
                sides.append(side)
                if problem:
                    problems.append(f"{name}: {problem}")
            if progress:
                progress(len(sides), total)
    _refuse(problems, "Remove or replace")
    return np.asarray(sides)


def _chunks(parts):
    for examples in parts:
        for start in range(0, len(examples), _CHUNK):
            indices = list(range(start, min(start + _CHUNK, len(examples))))
            names = [examples.names[i] for i in indices]
            yield names, examples.read(indices)


def check_sizes(examples: Examples, sides: np.ndarray, smallest: int) -> None:
    """Refuses a set that holds a picture smaller than the crop.

    Args:
        examples: What is to be trained on or judged by.
        sides: The shorter side of every picture, in pixels.
        smallest: The shortest side allowed, in pixels.

    Raises:
        DataError: Names the first few pictures.
    """
    small = np.flatnonzero(sides < smallest)
    problems = [
        f"{examples.names[i]}: its shorter side has {sides[i]} pixels, the "
        f"crop needs {smallest}"
        for i in small
    ]
    if problems:
        remedy = f"Give --image_size={sides.min()} or less, or --upscale; or"
        _refuse(problems, f"{remedy} remove")


def _refuse(problems: list[str], remedy: str) -> None:
    if not problems:
        return
    more = len(problems) - _SHOWN
    raise DataError(
        "; ".join(problems[:_SHOWN])
        + (f"; and {more} more" if more > 0 else "")
        + f". {remedy} "
        + ("this picture." if len(problems) == 1 else "these pictures.")
    )


def inspect(encoded: bytes, decode: bool = True) -> tuple[int, str]:
    """Returns a picture's shorter side and what is wrong with it, or "".

    The header is read first: a picture of too many pixels is never decoded.

    Args:
        encoded: The file's bytes.
        decode: Whether to decode to the last line.
    """
    if not encoded:
        return 0, "the file is empty"
    try:
        picture = Image.open(io.BytesIO(encoded), formats=FORMATS)
        return min(picture.size), _problem(picture, encoded, decode)
    except Image.UnidentifiedImageError:
        return 0, "is no picture (expected JPEG, PNG, GIF, BMP or WebP inside)"
    except Image.DecompressionBombError:
        return 0, f"has more than {MAXIMUM_PIXELS:,} pixels"
    except (OSError, SyntaxError, ValueError) as error:
        return 0, f"cannot be decoded ({error})"


def _problem(picture, encoded, decode) -> str:
    width, height = picture.size
    if width * height > MAXIMUM_PIXELS:
        return f"{width}x{height} is over {MAXIMUM_PIXELS:,} pixels"
    # What follows is fine for Pillow, but not for TensorFlow's decoders.
    if picture.format == "PNG" and _PNG_END not in encoded:
        return "is a truncated PNG (it has no end marker)"
    if picture.format == "BMP" and picture.mode in ("1", "P"):
        return "is a BMP with a palette (save it as PNG)"
    if picture.format == "WEBP" and (
        picture.mode != "RGB" or picture.n_frames > 1
    ):
        return "is a WebP with transparency or several frames (save it as PNG)"
    if decode:
        picture.load()
    elif picture.format == "JPEG" and b"\xff\xd9" not in encoded[-4096:]:
        return "is a truncated JPEG (it has no end marker)"
    return ""
