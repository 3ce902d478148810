"""Decoded pictures, to judge what was written and to calibrate eight bits."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from pipelines import herbarium
from pipelines.data.examples import Examples
from pipelines.data.hashing import hashes_of
from pipelines.data.hashing import sha256_of
from pipelines.data.images import decode
from pipelines.data.naming import naming_bad_pictures
from zoo.errors import DataError

# Width and height: upright, lying, square, small and larger than most inputs.
_SIZES = ((320, 240), (150, 200), (61, 64), (256, 256), (640, 427), (40, 33))


def drawn_pictures() -> list[np.ndarray]:
    """Returns photographs of the built-in set, of all kinds of sizes.

    Example:

    ```python
    from pipelines.export.pictures import drawn_pictures
    assert drawn_pictures()[0].shape == (240, 320, 3)
    ```
    """
    return [
        np.asarray(herbarium.draw(species, seed=7, size=size))
        for species, size in zip(
            herbarium.SPECIES[: len(_SIZES)], _SIZES, strict=True
        )
    ]


def decoded(examples: Examples, places=None) -> Iterator[np.ndarray]:
    """Yields pictures as they were decoded, uint8 (height, width, 3).

    Args:
        examples: The pictures.
        places: Which of them; all where None.

    Raises:
        DataError: A picture cannot be decoded; it is named.
    """
    places = range(len(examples)) if places is None else places
    with naming_bad_pictures(examples):
        for place in places:
            (encoded,) = examples.encoded([int(place)])
            yield decode(tf.constant(encoded), examples.upright).numpy()


def spread_over(examples: Examples, count: int) -> list[np.ndarray]:
    """Returns some pictures from the whole of a set, decoded."""
    places = np.linspace(0, len(examples) - 1, min(count, len(examples)))
    return list(decoded(examples, places.astype(int)))


def calibration_pictures(
    offered: Examples, judging: Examples, *, count: int, seed: int
) -> list[np.ndarray]:
    """Draws pictures to calibrate by, none of which judges.

    Args:
        offered: What they are drawn from.
        judging: What judges; a picture with the same bytes is not drawn.
        count: At most so many.
        seed: The same one draws the same pictures.

    Returns:
        Decoded pictures.

    Raises:
        DataError: There is none that does not judge.
    """
    taken = {sha256 for _, sha256 in hashes_of(judging)}
    chosen = []
    for place in np.random.default_rng(seed).permutation(len(offered)):
        (encoded,) = offered.encoded([int(place)])
        if sha256_of(encoded) not in taken:
            chosen.append(int(place))
        if len(chosen) == count:
            break
    if not chosen:
        raise DataError(
            f"All of the {len(offered):,} pictures offered judge, and none is "
            "left to calibrate with. Give others as `calibration`: any "
            "pictures of the same kind will do, labels do not matter."
        )
    return list(decoded(offered, chosen))
