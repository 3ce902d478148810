"""Finding pictures that are there twice: byte for byte, or nearly.

Near duplicates are told by 64-bit perceptual hashes of at most `DISTANCE`
differing bits, as they are or mirrored, and a tiny grey copy of both that
must correlate. Hashes are compared by multi-index hashing (Norouzi, Punjani
and Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012,
section 3): two hashes of at most 7 differing bits share one of their four
16-bit words up to one bit, so that only pictures which share one are compared.
"""

import collections
import dataclasses
from collections.abc import Sequence

import numpy as np

from pipelines.data.copies.fingerprints import Fingerprint
from pipelines.data.copies.fingerprints import tiny_pixels

DISTANCE = 7
CORRELATION = 0.95
FLAT = 4.0
_WORDS = 4
_WORD_BITS = 16
_CHUNK = 4_000_000
# How the second picture of a pair must be turned to look like the first.
TURNS = ("", "mirrored", "upside down", "turned by 180 degrees")


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two pictures that look alike.

    Args:
        first: The first's place.
        second: The second's place, the higher one.
        distance: How many of 64 bits differ.
        turn: One of `TURNS`.
    """

    first: int
    second: int
    distance: int
    turn: str = ""


def exact_duplicates(hashes: Sequence[str]) -> list[list[int]]:
    """Groups the places of equal hashes; empty ones are equal to none."""
    groups = collections.defaultdict(list)
    for place, value in enumerate(hashes):
        if value:
            groups[value].append(place)
    return [group for group in groups.values() if len(group) > 1]


def near_duplicates(prints: Sequence[Fingerprint]) -> list[Pair]:
    """Finds pairs that look alike, however they were saved, scaled or flipped.

    Pictures almost of one colour look like one another and are left out.

    Args:
        prints: One for each picture.

    Returns:
        Pairs of places, those of nearly equal pictures first. Of many
        pictures of one hash each is paired with the first only.
    """
    places = np.flatnonzero([each.contrast >= FLAT for each in prints])
    if len(places) < 2:
        return []
    hashes = np.array([prints[i].hashes for i in places], "uint64")
    tiny = _normalised(tiny_pixels(prints[i] for i in places))
    leaders, follow = _same_hash(hashes[:, 0])
    found = {}
    for turn, name in enumerate(TURNS):
        pairs = _near(hashes[leaders, 0], hashes[leaders, turn])
        pairs = leaders[pairs]
        if not turn:
            pairs = np.concatenate([pairs, follow])
        distances = np.bitwise_count(
            hashes[pairs[:, 0], 0] ^ hashes[pairs[:, 1], turn]
        )
        for (a, b), distance in zip(pairs, distances, strict=True):
            key = min(a, b), max(a, b)
            if key in found or not _correlates(tiny[a], tiny[b], turn):
                continue
            first, second = (int(places[i]) for i in key)
            found[key] = Pair(first, second, int(distance), name)
    return sorted(found.values(), key=lambda p: (p.distance, p.first, p.second))


def _same_hash(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first of each hash, and pairs of the others with it."""
    _, first, inverse = np.unique(
        hashes, return_index=True, return_inverse=True
    )
    leader = first[inverse]
    others = np.flatnonzero(leader != np.arange(len(hashes)))
    return np.sort(first), np.stack([leader[others], others], axis=1)


def _near(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Finds i < j or j < i with few bits between left[i] and right[j].

    Returns:
        int of shape `(pairs, 2)`: unequal places, each pair once.
    """
    found = [np.empty((0, 2), "int64")]
    for word in range(_WORDS):
        keys, probes = _word(right, word), _word(left, word)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        for mask in (0, *(1 << bit for bit in range(_WORD_BITS))):
            probe = probes ^ np.uint64(mask)
            start = np.searchsorted(keys, probe, "left")
            stop = np.searchsorted(keys, probe, "right")
            found += _compare(left, right, order, start, stop)
    pairs = np.concatenate(found)
    return np.unique(np.sort(pairs, axis=1), axis=0)


def _word(hashes: np.ndarray, word: int) -> np.ndarray:
    shift = np.uint64(_WORD_BITS * word)
    return (hashes >> shift) & np.uint64(2**_WORD_BITS - 1)


def _compare(left, right, order, start, stop) -> list[np.ndarray]:
    """Compares each of `left` with a range of the ordered `right`."""
    counts = stop - start
    ends = np.cumsum(counts)
    near = []
    for rows in np.split(
        np.arange(len(left)),
        np.searchsorted(ends, np.arange(_CHUNK, ends[-1], _CHUNK)),
    ):
        a = np.repeat(rows, counts[rows])
        within = np.arange(len(a)) - np.repeat(
            np.cumsum(counts[rows]) - counts[rows], counts[rows]
        )
        b = order[start[a] + within]
        distant = np.bitwise_count(left[a] ^ right[b])
        keep = (distant <= DISTANCE) & (a != b)
        near.append(np.stack([a[keep], b[keep]], axis=1))
    return near


def _normalised(tiny: np.ndarray) -> np.ndarray:
    tiny = tiny.astype("float32")
    tiny -= tiny.mean(axis=(1, 2), keepdims=True)
    lengths = np.sqrt(np.square(tiny).sum(axis=(1, 2), keepdims=True))
    return tiny / np.maximum(lengths, 1e-6)


def _correlates(first: np.ndarray, second: np.ndarray, turn: int) -> bool:
    if turn & 1:
        second = second[:, ::-1]
    if turn & 2:
        second = second[::-1]
    return float((first * second).sum()) >= CORRELATION
