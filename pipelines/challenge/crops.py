"""Parts of pictures that show one thing, as pictures of their own."""

import io
import math
from collections.abc import Iterator

from pipelines.challenge.boxes import read_boxes
from pipelines.data.inspection.pillow_opening import open_encoded
from pipelines.data.inspection.refusal import Refused
from zoo.errors import DataError

# Of smaller parts little can be seen.
LEAST = 32


def crops_of(folder, classes: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yields the squares around the boxes of some classes.

    A square is as large as the longer side of its box, moved inside of the
    picture, and cut where the picture is smaller. Boxes with a side below
    `LEAST` pixels, and what lies outside of the picture, are passed over.

    Args:
        folder: In the form of VOC or of YOLO.
        classes: What the wanted classes become, by their names there.

    Yields:
        What the square shows, and a PNG of it.

    Raises:
        DataError: A file of boxes or a picture cannot be read.
    """
    for path, boxes in read_boxes(folder):
        wanted = [box for box in boxes if box.name in classes]
        if not wanted:
            continue
        try:
            with open_encoded(path.read_bytes()) as opened:
                picture = opened.convert("RGB")
        except (OSError, Refused) as error:
            raise DataError(f"{path} cannot be decoded ({error}).") from error
        for box in wanted:
            square = square_around(box.sides, picture.size)
            if square is not None:
                file = io.BytesIO()
                picture.crop(square).save(file, "PNG")
                yield classes[box.name], file.getvalue()


def square_around(
    sides: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """Returns the square around a box; None where it is too small.

    Args:
        sides: Left, top, right and bottom of the box.
        size: Width and height of the picture.

    Example:

        >>> from pipelines.challenge.crops import square_around
        >>> square_around((10, 20, 50, 100), (200, 300))
        (0, 20, 80, 100)
        >>> square_around((10, 20, 30, 100), (200, 300)) is None
        True
    """
    left, top, right, bottom = sides
    left, top = max(0.0, left), max(0.0, top)
    right, bottom = min(float(size[0]), right), min(float(size[1]), bottom)
    if min(right - left, bottom - top) < LEAST:
        return None
    side = min(math.ceil(max(right - left, bottom - top)), *size)
    found = []
    for low, high, most in ((left, right, size[0]), (top, bottom, size[1])):
        start = round((low + high) / 2 - side / 2)
        found.append(min(max(0, start), most - side))
    x, y = found
    return x, y, x + side, y + side
