"""Batches out of parts of pictures: resized, mirrored, and changed by steps."""

import hashlib
import pathlib

import numpy as np

from pipelines.batches.augmenting import colour
from pipelines.batches.augmenting import erasing
from pipelines.batches.augmenting import geometry
from pipelines.batches.augmenting import steps
from pipelines.batches.augmenting.compiling import compiled
from pipelines.batches.augmenting.compiling import compiled_with_caller
from pipelines.batches.augmenting.compiling import copy
from pipelines.batches.augmenting.compiling import fill
from pipelines.batches.augmenting.resampling import resample

# Bytes.
_ALIGNMENT = 64


@compiled_with_caller
def take_step(image, spare, first, total, row):
    """Changes a picture by one step.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        spare: Another of the same kind, overwritten.
        first: Likewise: what a sum began with.
        total: float32 of the same shape: the sum so far.
        row: float64 `(7,)`: a row of `steps.step`.
    """
    code = int(row[0])
    a, b, c, d, e = row[1], row[2], row[3], row[4], row[5]
    if code == steps.WARP:
        geometry.warp(image, spare, row[1:])
    elif code == steps.BRIGHTNESS:
        colour.brightness(image, a)
    elif code == steps.SATURATION:
        colour.saturation(image, a)
    elif code == steps.CONTRAST:
        colour.contrast(image, a)
    elif code == steps.SHARPNESS:
        colour.sharpness(image, spare, a)
    elif code == steps.POSTERIZE:
        colour.posterize(image, a)
    elif code == steps.SOLARIZE:
        colour.solarize(image, a)
    elif code == steps.AUTOCONTRAST:
        colour.autocontrast(image)
    elif code == steps.EQUALIZE:
        colour.equalize(image)
    elif code == steps.JITTER:
        colour.jitter(image, a, b, c)
    elif code == steps.ADD:
        colour.add(image, a, b, c)
    elif code == steps.ERASE:
        erasing.erase(image, a, b, c, d, e)
    elif code == steps.GRID:
        erasing.grid(image, a, b, c, d)
    elif code == steps.BEGIN_SUM:
        copy(image, first)
        # A half, because fractions are cut off at the end.
        fill(total, np.float32(0.5))
        _accumulate(total, image, np.float32(a))
    elif code == steps.ADD_TO_SUM:
        _accumulate(total, image, np.float32(a))
        copy(first, image)
    elif code == steps.END_SUM:
        _finish(total, image)


@compiled
def _accumulate(total, image, weight):
    sums, levels = total.reshape(-1), image.reshape(-1)
    for i in range(len(sums)):
        sums[i] += weight * np.float32(levels[i])


@compiled
def _finish(total, image):
    sums, levels = total.reshape(-1), image.reshape(-1)
    for i in range(len(sums)):
        levels[i] = np.uint8(np.int32(min(sums[i], np.float32(255))))


def _compile(sources: str):
    # What is kept is used for as long as this file is as it was; that others
    # have changed, their hash tells.
    @compiled
    def paint(pixels, views, mirrored, table, images):
        if not len(sources):
            return
        spare = np.empty(images.shape[1:], np.uint8)
        first = np.empty(images.shape[1:], np.uint8)
        total = np.empty(images.shape[1:], np.float32)
        for i in range(len(images)):
            resample(pixels, views[i], mirrored[i], images[i])
            for row in table[i]:
                if row[0] != steps.NOTHING:
                    take_step(images[i], spare, first, total, row)

    return paint


def _sources() -> str:
    folder = pathlib.Path(__file__).parent
    return hashlib.sha256(
        b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    ).hexdigest()


_paint = _compile(_sources())


def paint(pixels, views, mirrored, table, size: int) -> np.ndarray:
    """Makes pictures of one size out of parts of others.

    Args:
        pixels: Arrays of uint8 `(bytes,)`: the one in which all of them lie,
            or one for each.
        views: int64 `(pictures, 4)`: of each part the place of its first
            byte, the bytes from row to row, its height and its width.
        mirrored: bool `(pictures,)`: whether left becomes right.
        table: float64 `(pictures, steps, 7)`, as of `steps`.
        size: The new height and width, in pixels.

    Returns:
        uint8 `(pictures, size, size, 3)`.

    Raises:
        ValueError: A part reaches out of its array.

    Example:

    ```python
    import numpy as np
    from pipelines.batches.augmenting.painting import paint
    picture = np.arange(12, dtype="uint8").reshape(2, 2, 3)
    view, nothing = np.array([[0, 6, 2, 2]]), np.zeros((1, 0, 7))
    mirror = np.array([True])
    found = paint([picture.reshape(-1)], view, mirror, nothing, 2)
    assert (found[0] == picture[:, ::-1]).all()
    ```
    """
    _check(pixels, views)
    pixels = [_read_only(each) for each in pixels]
    views = np.array(views, np.int64)
    images = _aligned((len(views), size, size, 3))
    if len(pixels) == 1:
        _paint(pixels[0], views, mirrored, table, images)
        return images
    for i, own in enumerate(pixels):
        one = slice(i, i + 1)
        _paint(own, views[one], mirrored[one], table[one], images[one])
    return images


def _check(pixels, views) -> None:
    """Refuses what compiled loops would read from anywhere in memory."""
    start, stride, height, width = np.asarray(views).T
    end = start + (height - 1) * stride + 3 * width
    room = np.array([len(each) for each in pixels])
    fits = (start >= 0) & (height > 0) & (width > 0) & (end <= room)
    if not (fits & (stride >= 3 * width)).all():
        raise ValueError(
            "A part reaches out of its picture. Expected start, stride, "
            f"height and width inside {room.tolist()} bytes. Received: "
            f"{np.asarray(views)[~fits].tolist()}"
        )


def _read_only(pixels: np.ndarray) -> np.ndarray:
    """Returns the same pixels as one kind of array, compiled for once."""
    view = pixels.view()
    view.flags.writeable = False
    return view


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """Returns an array where TensorFlow can take it without copying it."""
    count = int(np.prod(shape))
    room = np.empty(count + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + count].reshape(shape)
