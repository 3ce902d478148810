"""Finding pictures that must not be trained on, before the first step."""

import dataclasses
import functools
import io
import math
import re
import warnings
from collections.abc import Iterator
from concurrent import futures

import numpy as np
import tensorflow as tf

from pipelines.data import images
from pipelines.data.examples import Examples
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.classification import inspect_file
from pipelines.data.inspection.refusal import Refused
from pipelines.waiting.work import work
from zoo.errors import DataError

# Below this many bytes in all, every picture is decoded to its last line,
# at about 1,000 photos a second; above it, its header, its parts and its end
# are read, which finds what is cut, and damage only where there are checksums.
DECODE_LIMIT = 256 * 2**20
_LIMITS = Limits()
_CHUNK = 256
_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class GoodPictures:
    """What is left of a data set without its bad pictures.

    Args:
        places: Of what is left of each part.
        sides: The shorter side of every picture that is left, in pixels,
            part after part.
        skipped: The names of those left out, each with what is wrong.
    """

    places: tuple[np.ndarray, ...]
    sides: np.ndarray
    skipped: tuple[str, ...]

    @property
    def note(self) -> str:
        """One line on what was left out, or empty."""
        if not self.skipped:
            return ""
        total = len(self.skipped) + len(self.sides)
        return (
            f"skipped {len(self.skipped)} of {total} pictures: "
            f"{_listed(self.skipped)}"
        )


@work("looking at the pictures", "picture")
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
    found = list(_inspect_all(parts, progress, DECODE_LIMIT))
    problems = [f"{name}: {problem}" for name, _, problem in found if problem]
    _refuse(problems, "Remove or replace")
    return np.array([side for _, side, _ in found], "int64")


@work("looking at the pictures", "picture")
def skip_bad_pictures(*parts: Examples, progress=None) -> GoodPictures:
    """Looks at every picture and leaves out those that cannot be decoded.

    Every one is decoded to its last line, however many there are: what is
    found later ends a run.

    Args:
        parts: What is to be trained on or judged by.
        progress: Called with the numbers of pictures done and in all.

    Raises:
        DataError: A class of the first part, or a whole part, is left
            without a picture.
    """
    found = list(_inspect_all(parts, progress, math.inf))
    good = np.array([not problem for _, _, problem in found], bool)
    sides = np.array([side for _, side, _ in found], "int64")
    skipped = tuple(f"{n}: {problem}" for n, _, problem in found if problem)
    ends = np.cumsum([len(part) for part in parts])[:-1]
    places = tuple(map(np.flatnonzero, np.split(good, ends)))
    _check_left(parts, places, skipped)
    return GoodPictures(places, sides[good], skipped)


def _check_left(parts, places, skipped) -> None:
    for part, left in zip(parts, places, strict=True):
        if len(part) and not len(left):
            raise DataError(
                f"No picture is left without the bad ones: {_listed(skipped)}."
            )
    emptied = np.flatnonzero(
        (parts[0].counts() > 0) & (parts[0].subset(places[0]).counts() == 0)
    )
    if len(emptied):
        raise DataError(
            f"The class {parts[0].class_names[emptied[0]]!r} has no picture "
            f"left without the bad ones: {_listed(skipped)}. Replace them."
        )


def _inspect_all(parts, progress, budget) -> Iterator[tuple[str, int, str]]:
    """Yields every picture's name, shorter side and problem, in order.

    Args:
        parts: As for `check_pictures`.
        progress: Likewise.
        budget: As many bytes are decoded; of the others headers are read.
    """
    done = 0
    total = sum(map(len, parts))
    with futures.ThreadPoolExecutor(4) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for names, pictures in _chunks(parts):
            budget -= sum(map(len, pictures))
            whole = [budget > 0] * len(pictures)
            for name, (side, problem) in zip(
                names, pool.map(inspect, pictures, whole), strict=True
            ):
                yield name, side, problem
            done += len(names)
            if progress:
                progress(done, total)


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
        remedy = f"Give `image_size={sides.min()}` or less, or `upscale`; or"
        _refuse(problems, f"{remedy} remove")


def _refuse(problems: list[str], remedy: str) -> None:
    if problems:
        which = "this picture" if len(problems) == 1 else "these pictures"
        raise DataError(f"{_listed(problems)}. {remedy} {which}.")


def _listed(problems) -> str:
    more = len(problems) - _SHOWN
    return "; ".join(problems[:_SHOWN]) + (
        f"; and {more} more" if more > 0 else ""
    )


def inspect(encoded: bytes, decode: bool = True) -> tuple[int, str]:
    """Returns a picture's shorter side and what is wrong with it, or "".

    The header is read first: a picture of too many pixels is never decoded.
    TensorFlow decodes where that costs no more than Pillow does.

    Args:
        encoded: The file's bytes.
        decode: Whether to decode to the last line.
    """
    file = io.BytesIO(encoded)
    try:
        look, _ = inspect_file(
            file, len(encoded), "", decode, _LIMITS, _by_tensorflow
        )
    except MemoryError:
        return 0, "takes more memory to decode than there is"
    return min(look.width, look.height), look.detail


# The operations themselves, which cost a small picture half of what the
# functions around them do.
_OPERATIONS = {
    "PNG": functools.partial(tf.raw_ops.DecodePng, channels=3),
    "WEBP": functools.partial(
        tf.raw_ops.DecodeImage, channels=3, expand_animations=False
    ),
}


def _by_tensorflow(encoded: bytes, kind: str) -> np.ndarray:
    """Decodes a picture as training does."""
    try:
        # Given bytes, an operation fails in its fast way and takes a slow one.
        contents = tf.constant(encoded)
        return _OPERATIONS[kind](contents=contents).numpy()
    except tf.errors.ResourceExhaustedError:
        raise MemoryError from None
    except tf.errors.OpError as error:
        detail = f"is a {kind} that cannot be decoded ({reason(error)})"
        raise Refused("damaged", detail) from None


def reason(error: tf.errors.OpError) -> str:
    """Returns what an error of TensorFlow's says, in words.

    Its first line, without the names of nodes and devices around it.
    """
    said = error.message.strip().splitlines() or [""]
    told = re.search(r"Undecodable: (.+)", error.message)
    if told:
        return told.group(1)
    words = re.sub(r"\{\{[^}]*\}\}|\[Op:[^\]]*\]|name:\s*$", "", said[0])
    words = re.sub(r"\s+", " ", words).strip(" .")
    return words[:200] or type(error).__name__


def name_bad_picture(examples: Examples, indices) -> DataError | None:
    """Finds out which of some pictures broke a pipeline that read them.

    What TensorFlow raises does not name the file. So it is looked for when
    something was raised, and costs nothing before.

    Args:
        examples: What the pipeline reads.
        indices: Which ones to look at, in their order.

    Returns:
        An error that names the first bad one, None where all are good.
    """
    for index in dict.fromkeys(int(each) for each in indices):
        try:
            problem = problem_of(examples.read([index])[0])
        except DataError as error:
            # It names the file.
            return error
        if problem:
            return DataError(
                f"{examples.names[index]}: {problem}. It passed the check "
                "before the run: put a whole one in its place, and give the "
                "same command to go on."
            )
    return None


def problem_of(encoded: bytes) -> str:
    """Returns what is wrong with a picture by our rules or TensorFlow's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, problem = inspect(encoded)
    if problem:
        return problem
    try:
        images.decode(tf.constant(encoded))
    except tf.errors.InvalidArgumentError as error:
        return f"cannot be decoded ({reason(error)})"
    return ""
