"""Pictures out of parts of others: resized, mirrored, and changed by steps.

The loops of all steps are compiled into one, so that Python is called once
for several pictures.
"""

import hashlib
import pathlib
import types
from typing import NamedTuple

import numpy as np

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.augmentation import all_steps
from pipelines.batches.transforms.compiling import Loop
from pipelines.batches.transforms.compiling import compiled
from pipelines.batches.transforms.compiling import compiled_with_caller
from pipelines.batches.transforms.resampling import resample
from pipelines.batches.transforms.steps import NOTHING
from pipelines.batches.transforms.steps import Step
from pipelines.waiting.work import long_at_first

# Bytes.
_ALIGNMENT = 64


class Scratch(NamedTuple):
    """Where a step may write, of the size of the picture that it changes.

    Args:
        spare: uint8, for a step's own use.
        first: uint8: what a sum began with.
        total: float32: the sum so far.
    """

    spare: np.ndarray
    first: np.ndarray
    total: np.ndarray


def _chain(steps: tuple[Step, ...]) -> Loop:
    """Writes the `if`s that take the step which a row's code names.

    They are compiled faster side by side than as functions that call one
    another, each of which is optimized with all that it calls.
    """
    lines = ["def take(image, scratch, row):", "    code = row[0]"]
    for step in steps:
        lines.append(f"    if code == {step.code}:")
        lines.append(f"        change_{step.code}(image, scratch, row[1:])")
    names = {f"change_{step.code}": step.change for step in steps}
    exec("\n".join(lines), names)
    return compiled_with_caller(names["take"])


# Each compiled loop has its own.
_take = None


def _compile(sources: str, steps: tuple[Step, ...]) -> Loop:
    # What is kept is used for as long as this file is as it was; that others
    # have changed, or other steps are taken, this text tells.
    made_of = f"{sources} {[step.code for step in steps]}"

    def change(pixels, views, mirrored, table, images):
        if not len(made_of):
            return
        scratch = Scratch(
            np.empty(images.shape[1:], np.uint8),
            np.empty(images.shape[1:], np.uint8),
            np.empty(images.shape[1:], np.float32),
        )
        for i in range(len(images)):
            resample(pixels, views[i], mirrored[i], images[i])
            for row in table[i]:
                if row[0] != NOTHING:
                    _take(images[i], scratch, row)

    # As a name of its file, which is not part of what is kept: a loop inside
    # another function is.
    names = {**globals(), "_take": _chain(steps)}
    return compiled(
        types.FunctionType(change.__code__, names, closure=change.__closure__)
    )


def _sources() -> str:
    folder = pathlib.Path(__file__).parent
    files = [folder / "augmentation.py", *folder.glob("transforms/*.py")]
    return hashlib.sha256(
        b"".join(path.read_bytes() for path in sorted(files))
    ).hexdigest()


def _simple_steps() -> tuple[Step, ...]:
    """Those that are taken without a choice among many: quickly compiled."""
    codes = {
        transform.steps[0].code
        for augmentation in AUGMENTATIONS.values()
        for transform in augmentation.transforms
        if len(transform.steps) == 1
    }
    return tuple(step for step in _ALL if step.code in codes)


_SOURCES = _sources()
_ALL = all_steps()
_SIMPLE = _simple_steps()
_LAST_CODE = _ALL[-1].code
# Two of them, and not one for each augmentation: whoever tries a second one
# seldom waits again.
_change, _change_simply = (
    long_at_first(_compile(_SOURCES, steps), "compiling the augmentation")
    for steps in (_ALL, _SIMPLE)
)


def apply(
    pixels, views, mirrored, table, size: int, steps: tuple[Step, ...] = _ALL
) -> np.ndarray:
    """Makes pictures of one size out of parts of others.

    Args:
        pixels: Arrays of uint8 `(bytes,)`: the one in which all of them lie,
            or one for each.
        views: int64 `(pictures, 4)`: of each part the place of its first
            byte, the bytes from row to row, its height and its width.
        mirrored: bool `(pictures,)`: whether left becomes right.
        table: float64 `(pictures, steps, 7)`, as of `steps`.
        size: The new height and width, in pixels.
        steps: All that the table may name; fewer are compiled faster.

    Returns:
        uint8 `(pictures, size, size, 3)`.

    Raises:
        ValueError: A part reaches out of its array, or there is no such step.

    Example:

    ```python
    import numpy as np
    from pipelines.batches.applying import apply
    picture = np.arange(12, dtype="uint8").reshape(2, 2, 3)
    view, nothing = np.array([[0, 6, 2, 2]]), np.zeros((1, 0, 7))
    mirror = np.array([True])
    found = apply([picture.reshape(-1)], view, mirror, nothing, 2)
    assert (found[0] == picture[:, ::-1]).all()
    ```
    """
    _check(pixels, views, table)
    pixels = [_read_only(each) for each in pixels]
    views = np.array(views, np.int64)
    images = _aligned((len(views), size, size, 3))
    simple = all(step in _SIMPLE for step in steps)
    change = _change_simply if simple else _change
    if len(pixels) == 1:
        change(pixels[0], views, mirrored, table, images)
        return images
    for i, own in enumerate(pixels):
        one = slice(i, i + 1)
        change(own, views[one], mirrored[one], table[one], images[one])
    return images


def _check(pixels, views, table) -> None:
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
    if table.size and table[..., 0].max() > _LAST_CODE:
        raise ValueError(
            "A step of that code is in no augmentation of the table. "
            f"Received: {table[..., 0].max()}"
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
