"""Which pictures of a set belong together: copies, near copies, and groups.

A picture and its copy must not lie on both sides of a split: what is held out
would have been learned. Equal bytes are found by their sha256, near copies by
the fingerprints that an audit compares (`pipelines.data.copies.duplicates`).
"""

import dataclasses
import warnings
from collections.abc import Iterable
from concurrent import futures

import numpy as np

from pipelines.data.copies.duplicates import near_duplicates
from pipelines.data.copies.fingerprints import Fingerprint
from pipelines.data.copies.fingerprints import fingerprint
from pipelines.data.examples import Examples
from pipelines.data.hashing import sha256_of
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.orientation import orientation_of
from pipelines.data.inspection.pillow_opening import open_encoded

# Of more pictures only the bytes are compared: decoding them takes long.
NEAR_LIMIT = 200_000
# A JPEG is decoded no larger than it has to be for a fingerprint, which took
# half the time and found the same pairs in four sets of photos.
_DRAFT = (128, 128)
_LIMITS = Limits()
_CHUNK = 256


@dataclasses.dataclass(frozen=True, eq=False)
class Groups:
    """What belongs together in a set.

    Args:
        strict: int64 `(pictures,)`: a number for each group that is never
            taken apart: equal bytes, and what a person has named.
        near: The same with near copies joined to them.
        looked: Whether near copies were looked for.
    """

    strict: np.ndarray
    near: np.ndarray
    looked: bool = True

    @property
    def note(self) -> str:
        """What was found, in words; empty where each picture is alone."""
        equal = _in_groups(self.strict)
        alike = _in_groups(self.near) - equal
        said = []
        if equal:
            said.append(f"{equal:,} pictures that belong together or are equal")
        if alike:
            said.append(f"{alike:,} that look alike")
        words = " and ".join(said)
        words = f"{words} stay on one side each" if said else ""
        if not self.looked:
            more = f"of more than {NEAR_LIMIT:,} pictures, only equal bytes "
            more += "are looked for"
            words = f"{words}; {more}" if words else more
        return words


def find_groups(
    examples: Examples, named: np.ndarray | None = None, progress=None
) -> Groups:
    """Finds out which pictures belong together.

    Args:
        examples: All pictures.
        named: int `(pictures,)`: a number for each group that a person has
            named (a patient, a camera, a scene); None where nobody has.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        The groups; a group's number is the place of its first picture.

    Raises:
        DataError: A picture cannot be read.
    """
    looked = len(examples) <= NEAR_LIMIT
    hashes, prints, total = [], [], len(examples)
    with futures.ThreadPoolExecutor(4) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for start in range(0, total, _CHUNK):
            some = list(range(start, min(start + _CHUNK, total)))
            pictures = examples.read(some)
            hashes += pool.map(sha256_of, pictures)
            if looked:
                prints += pool.map(_print_of, pictures)
            if progress:
                progress(start + len(some), total)
    pairs = [
        *_same(hashes),
        *(_same(named.tolist()) if named is not None else ()),
    ]
    strict = _joined(total, pairs)
    near = [(pair.first, pair.second) for pair in near_duplicates(prints)]
    return Groups(strict, _joined(total, [*pairs, *near]), looked)


def _print_of(encoded: bytes) -> Fingerprint:
    """Returns a picture's fingerprint, an empty one where it has none.

    What is bad is refused by name later, when all pictures are looked at.
    """
    try:
        picture = open_encoded(encoded)
        if picture.width * picture.height > _LIMITS.pixels:
            return Fingerprint()
        picture.draft("L", _DRAFT)
        return fingerprint(picture, orientation_of(encoded))
    # Whatever a decoder raises of a hostile file.
    except Exception:
        return Fingerprint()


def _same(values: Iterable) -> Iterable[tuple[int, int]]:
    first = {}
    for place, value in enumerate(values):
        known = first.setdefault(value, place)
        if known != place:
            yield known, place


def _joined(count: int, pairs: Iterable[tuple[int, int]]) -> np.ndarray:
    """Returns the place of the first of each picture's group."""
    leader = list(range(count))

    def first(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for one, other in pairs:
        one, other = first(one), first(other)
        leader[max(one, other)] = min(one, other)
    return np.array([first(place) for place in range(count)], "int64")


def _in_groups(groups: np.ndarray) -> int:
    """Returns how many pictures are not alone in their group."""
    counts = np.bincount(groups, minlength=1)
    return int(counts[counts > 1].sum())
