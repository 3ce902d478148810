"""One picture of one species."""

import zlib

import numpy as np
from PIL import Image

from pipelines.herbarium.photo import take
from pipelines.herbarium.scene import begin
from pipelines.herbarium.scene import compose
from pipelines.herbarium.species import Flower
from pipelines.herbarium.species import Leaf
from pipelines.herbarium.species import Species

SIZES = (
    (256, 256),
    (256, 192),
    (192, 256),
    (240, 160),
    (160, 240),
    (224, 200),
    (200, 224),
    (200, 160),
)
_SMALLEST, _LARGEST = 32, 2048


def draw(
    species: Species, seed: int, *, size: tuple[int, int] | None = None
) -> Image.Image:
    """Draws one picture, a pure function of its arguments.

    Args:
        species: A row of `SPECIES`.
        seed: 0 or more. The same seed gives the same pixels.
        size: Width and height in pixels, each 32 to 2048. Without it the
            seed chooses one of eight sizes from 200 x 160 to 256 x 256.

    Returns:
        An RGB picture.

    Raises:
        ValueError: If an argument is none of these.

    Examples:
        >>> from pipelines import herbarium
        >>> picture = herbarium.draw(herbarium.SPECIES[0], seed=7)
        >>> picture.mode
        'RGB'
    """
    if not isinstance(species, Flower | Leaf):
        raise ValueError(
            f"species: expected a row of SPECIES, received {species!r}"
        )
    check_whole("seed", seed, lowest=0)
    rng, chosen = _begin(species, seed)
    if size is not None:
        chosen = _checked(size)
    image, light = compose(species, chosen, rng)
    return take(image, light, rng)


def ground_of(species: Species, seed: int) -> str:
    """Returns the name of the ground that `draw` paints a picture on.

    Examples:
        >>> from pipelines import herbarium
        >>> from pipelines.herbarium.picture import ground_of
        >>> ground_of(herbarium.SPECIES[0], seed=7)
        'sand'
    """
    rng, _ = _begin(species, seed)
    _, ground = begin(rng)
    return ground.name


def _begin(species: Species, seed: int):
    """Returns where chance stands when a scene begins, and its size."""
    rng = np.random.default_rng([seed, zlib.crc32(species.name.encode())])
    return rng, SIZES[rng.integers(len(SIZES))]


def check_whole(name: str, value: int, *, lowest: int) -> None:
    """Raises ValueError unless the value is a whole number of at least."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < lowest:
        raise ValueError(
            f"{name}: expected a whole number of at least {lowest}, "
            f"received {value!r}"
        )


def _checked(size: tuple[int, int]) -> tuple[int, int]:
    good = isinstance(size, tuple | list) and len(size) == 2
    if good:
        good = all(
            isinstance(side, int | np.integer) and _SMALLEST <= side <= _LARGEST
            for side in size
        )
    if not good:
        raise ValueError(
            f"size: expected (width, height) of {_SMALLEST} to {_LARGEST} "
            f"pixels each, received {size!r}"
        )
    return int(size[0]), int(size[1])
