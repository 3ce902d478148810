"""Writes the picture set to a folder, and keeps one in a cache."""

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipelines.herbarium.picture import check_whole
from pipelines.herbarium.picture import draw
from pipelines.herbarium.species import SPECIES
from pipelines.herbarium.species import Species
from zoo.caching import cache_folder
from zoo.weights.atomic import naming

# Raise it whenever a change alters the pixels: cached sets are then redrawn.
VERSION = 1

_NOTE = ".herbarium.json"
_SEEDS_PER_SET = 10_000_000
_SEEDS_PER_SPLIT = 1_000_000

Progress = Callable[[int, int], None]


def write(
    folder: str | os.PathLike,
    *,
    seed: int = 0,
    train_per_class: int = 20,
    val_per_class: int = 25,
    progress: Progress | None = None,
) -> Path:
    """Writes the set as `folder/{train,val}/<species>/<species>_0001.jpg`.

    The pictures are RGB JPEGs of quality 75 to 92 with 4:2:0 chroma. The set
    is made in a hidden folder and moved at the end, so that an
    interrupted call leaves nothing. A complete set of the same seed and
    counts is returned as it is.

    Args:
        folder: Where to write; must be new, empty or such a set.
        seed: 0 or more; sets of different seeds share no picture.
        train_per_class: Pictures of each species in `train`, 1 to 1000000.
        val_per_class: Pictures of each species in `val`, 1 to 1000000.
        progress: Called as `progress(done, total)` after each picture.

    Returns:
        The folder.

    Raises:
        ValueError: If an argument is out of range, or the folder holds
            anything but this set.

    Examples:
        >>> import tempfile
        >>> from pipelines import herbarium
        >>> root = tempfile.mkdtemp()
        >>> folder = herbarium.write(
        ...     root + "/set", train_per_class=1, val_per_class=1
        ... )
        >>> len(list(folder.glob("train/*/*.jpg")))
        16
    """
    counts = {"train": train_per_class, "val": val_per_class}
    check_whole("seed", seed, lowest=0)
    for split, count in counts.items():
        _check_count(f"{split}_per_class", count)
    folder = Path(folder)
    note = _note(seed, counts)
    if _is_complete(folder, note, counts):
        return folder
    with beside(folder) as made:
        _fill(made, seed, counts, progress)
        (made / _NOTE).write_text(json.dumps(note, indent=1) + "\n")
        _move(made, folder, note, counts)
    return folder


def prepare(
    cache_dir: str | os.PathLike | None = None,
    *,
    seed: int = 0,
    train_per_class: int = 20,
    val_per_class: int = 25,
    progress: Progress | None = None,
) -> Path:
    """Returns the set's folder in the cache, writing it the first time.

    Args:
        cache_dir: The cache; `$ZOO_CACHE` or `~/.cache/zoo` without it.
        seed: As in `write`.
        train_per_class: As in `write`.
        val_per_class: As in `write`.
        progress: As in `write`; not called when the set is there already.

    Returns:
        The folder, whose name holds version, seed and counts.

    Raises:
        ValueError: As in `write`.
        OSError: There is no home folder, or the cache cannot be written.

    Examples:
        >>> import tempfile
        >>> from pipelines import herbarium
        >>> cache = tempfile.mkdtemp()
        >>> herbarium.prepare(cache, train_per_class=1, val_per_class=1).name
        'herbarium-v1-seed0-train1-val1'
    """
    if cache_dir is None:
        cache_dir = cache_folder()
    name = (
        f"herbarium-v{VERSION}-seed{seed}"
        f"-train{train_per_class}-val{val_per_class}"
    )
    return write(
        Path(cache_dir) / name,
        seed=seed,
        train_per_class=train_per_class,
        val_per_class=val_per_class,
        progress=progress,
    )


def _check_count(name: str, count: int) -> None:
    check_whole(name, count, lowest=1)
    if count > _SEEDS_PER_SPLIT:
        raise ValueError(
            f"{name}: expected at most {_SEEDS_PER_SPLIT}, received {count}"
        )


def _note(seed: int, counts: dict[str, int]) -> dict[str, int]:
    per_class = {f"{split}_per_class": int(n) for split, n in counts.items()}
    return {"version": VERSION, "seed": int(seed), **per_class}


def _is_complete(
    folder: Path, note: dict[str, int], counts: dict[str, int]
) -> bool:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    try:
        found = json.loads((folder / _NOTE).read_text())
    except (OSError, ValueError):
        found = "no herbarium set"
    if found != note:
        raise ValueError(
            f"folder: expected a new or empty folder or the set {note}, "
            f"received {folder} with {found}; choose another folder"
        )
    missing = sum(
        not os.path.exists(folder / path)
        for split, count in counts.items()
        for path, _, _ in _pictures(split, 0, count)
    )
    if missing:
        raise ValueError(
            f"folder: expected the whole set {note}, received {folder} "
            f"with {missing} pictures missing; remove the folder"
        )
    return True


def _pictures(
    split: str, seed: int, count: int
) -> list[tuple[str, Species, int]]:
    first = seed * _SEEDS_PER_SET + (split == "val") * _SEEDS_PER_SPLIT
    return [
        (
            f"{split}/{species.name}/{species.name}_{number + 1:04d}.jpg",
            species,
            first + number,
        )
        for species in SPECIES
        for number in range(count)
    ]


@contextlib.contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Gives the path of a folder to make, which `put` moves at the end.

    It lies beside its place, or in it where that is an empty folder: on the
    same disk, also where that is a mounted one.

    Args:
        folder: Where it goes. What is left of the other is removed.

    Raises:
        OSError: The disk is full or may not be written; it says which folder.
    """
    place = Path(os.path.realpath(folder))
    home = place if place.is_dir() else place.parent
    home.mkdir(parents=True, exist_ok=True)
    with (
        naming(folder),
        tempfile.TemporaryDirectory(
            prefix=f".{place.name}-", dir=home
        ) as scratch,
    ):
        yield Path(scratch) / "set"


def put(made: Path, folder: Path, last: str) -> None:
    """Moves what was made to its place.

    A folder that is there is filled, not replaced: it may be a link, a mounted
    disk, or where this process is.

    Args:
        made: The folder that `beside` gave.
        folder: Where it goes.
        last: What of it says that all is there.
    """
    place = Path(os.path.realpath(folder))
    if not place.is_dir():
        os.rename(made, place)
        return
    for each in sorted(made.iterdir(), key=lambda each: each.name == last):
        os.rename(each, place / each.name)


def _fill(
    root: Path, seed: int, counts: dict[str, int], progress: Progress | None
) -> None:
    for split in counts:
        for species in SPECIES:
            (root / split / species.name).mkdir(parents=True)
    jobs = [
        job
        for split, count in counts.items()
        for job in _pictures(split, int(seed), count)
    ]
    for done, (path, species, picture_seed) in enumerate(jobs, start=1):
        quality = int(np.random.default_rng(picture_seed).integers(75, 93))
        (root / path).write_bytes(_jpeg(draw(species, picture_seed), quality))
        if progress is not None:
            progress(done, len(jobs))


def _jpeg(picture, quality: int) -> bytes:
    """Not into a file: Pillow says nothing where a disk takes a part of it."""
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=int(quality), subsampling="4:2:0")
    return file.getvalue()


def _move(
    made: Path, folder: Path, note: dict[str, int], counts: dict[str, int]
) -> None:
    try:
        put(made, folder, _NOTE)
    except OSError:
        # Somebody else may have written the same set in the meantime.
        if not _is_complete(folder, note, counts):
            raise
