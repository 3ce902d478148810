"""The herbarium as a table of traits: colour, leaf and ground of each picture.

Several labels a picture, for learning to tell more than one thing.
"""

import dataclasses
import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipelines.herbarium.grounds import GROUNDS
from pipelines.herbarium.picture import check_whole
from pipelines.herbarium.picture import draw
from pipelines.herbarium.picture import ground_of
from pipelines.herbarium.species import SPECIES
from pipelines.herbarium.species import Leaf
from pipelines.herbarium.species import Tint
from pipelines.herbarium.writing import beside
from pipelines.herbarium.writing import put
from zoo.plain_csv import table_writer

TABLE = "traits.csv"
# What a hue is called up to where, in degrees.
_HUES = (
    (30, "red"), (63, "yellow"), (160, "green"), (258, "blue"),
    (300, "violet"), (342, "pink"), (360, "red"),
)  # fmt: skip
# Of less saturation than this at most, a colour is called white.
_PALE = 0.35
_LEAVES = ("simple leaf", "palmate leaf", "pinnate leaf")
TRAITS = (
    *dict.fromkeys(["white", *(name for _, name in _HUES)]),
    *_LEAVES,
    *(ground.name for ground in GROUNDS),
)


def colour_of(tint: Tint) -> str:
    """Returns what a range of colours is called.

    Examples:
        >>> from pipelines.herbarium.traits import colour_of
        >>> from pipelines.herbarium.species import SPECIES
        >>> colour_of(SPECIES[0].tints[0])
        'white'
    """
    if tint.saturation[1] <= _PALE:
        return "white"
    hue = sum(tint.hue) / 2 % 360
    return next(name for most, name in _HUES if hue <= most)


def write_traits(
    folder: str | os.PathLike,
    *,
    seed: int = 0,
    train: int = 480,
    val: int = 240,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draws pictures and writes which traits each of them shows.

    A plant's colour, the build of its leaf where it is one, and the ground
    that it grows on. The table has a column of 0 and 1 for each trait. All is
    made in a hidden folder and moved at the end, so that an interrupted call
    leaves nothing.

    Args:
        folder: Where to write; a new or an empty one.
        seed: 0 or more; sets of different seeds share no picture.
        train: Pictures to learn from.
        val: Pictures to judge by.
        progress: Called as `progress(done, total)` after each picture.

    Returns:
        The table, `folder/traits.csv`.

    Raises:
        ValueError: An argument is out of range.
        FileExistsError: The folder holds something.
        OSError: It cannot be written.

    Examples:
        >>> import tempfile
        >>> from pipelines import herbarium
        >>> folder = tempfile.mkdtemp() + "/traits"
        >>> table = herbarium.write_traits(folder, train=1, val=1)
        >>> table.read_text().splitlines()[0][:28]
        'filename,split,white,red,yel'
    """
    check_whole("seed", seed, lowest=0)
    for name, count in (("train", train), ("val", val)):
        check_whole(name, count, lowest=1)
    folder = Path(folder)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        reason = "expected a new or empty folder; choose another"
        raise FileExistsError(errno.EEXIST, reason, str(folder))
    with beside(folder) as made:
        _fill(made, seed, (train, val), progress)
        put(made, folder, TABLE)
    return folder / TABLE


def _fill(folder: Path, seed: int, counts: tuple[int, int], progress) -> None:
    (folder / "pictures").mkdir(parents=True)
    total = sum(counts)
    with open(folder / TABLE, "w", newline="") as file:
        writer = table_writer(file)
        writer.writerow(["filename", "split", *TRAITS])
        for number in range(total):
            random = np.random.default_rng([seed, number, 0x7A17])
            name, shown = _picture(folder, random, number)
            flags = [int(trait in shown) for trait in TRAITS]
            part = "train" if number < counts[0] else "val"
            writer.writerow([name, part, *flags])
            if progress is not None:
                progress(number + 1, total)


def _picture(folder: Path, random, number: int) -> tuple[str, set[str]]:
    """Draws a picture; returns its path in the folder, and its traits."""
    species = SPECIES[random.integers(len(SPECIES))]
    tint = species.tints[random.integers(len(species.tints))]
    # Of one colour form, so that the colour is known.
    plain = dataclasses.replace(species, tints=(tint,))
    seed = int(random.integers(2**31))
    name = f"pictures/{number:05d}.jpg"
    # Not into a file: Pillow says nothing where a disk takes a part of it.
    file = io.BytesIO()
    draw(plain, seed).save(file, "JPEG", quality=90)
    (folder / name).write_bytes(file.getvalue())
    shown = {colour_of(tint), ground_of(plain, seed)}
    if isinstance(species, Leaf):
        shown.add(f"{species.build} leaf")
    return name, shown
