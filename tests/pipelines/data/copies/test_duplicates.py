"""Planted duplicates are found, distinct pictures are not."""

import numpy as np
import pytest
from PIL import Image
from PIL import ImageOps

from pipelines.audit.findings import duplicate_findings
from pipelines.audit.listing import ListedPicture
from pipelines.audit.one_file import see
from pipelines.data.copies.duplicates import TURNS
from pipelines.data.copies.duplicates import exact_duplicates
from pipelines.data.copies.duplicates import near_duplicates
from pipelines.data.copies.fingerprints import Fingerprint
from pipelines.data.copies.fingerprints import fingerprint
from pipelines.data.inspection.classification import Limits

COUNT = 100
SIZE = (160, 120)


def scaled(picture, factor):
    return picture.resize([round(side * factor) for side in picture.size])


CHANGES = {
    "quality 30": (lambda p: p, "JPEG", {"quality": 30}, ""),
    "quality 75": (lambda p: p, "JPEG", {"quality": 75}, ""),
    "webp": (lambda p: p, "WEBP", {"quality": 80}, ""),
    "half": (lambda p: scaled(p, 0.5), "JPEG", {"quality": 90}, ""),
    "double": (lambda p: scaled(p, 2), "PNG", {}, ""),
    "mirrored": (ImageOps.mirror, "JPEG", {"quality": 75}, "mirrored"),
    "flipped": (ImageOps.flip, "PNG", {}, "upside down"),
    "turned": (lambda p: p.rotate(180), "PNG", {}, "turned by 180 degrees"),
}


def print_of(encoded):
    return see(("a", encoded), decode=True, limits=Limits()).print


@pytest.fixture(scope="module")
def pictures(photo):
    return [photo(i, SIZE) for i in range(COUNT)]


@pytest.fixture(scope="module")
def prints(pictures, saved):
    return [print_of(saved(each, "JPEG", quality=95)) for each in pictures]


def test_distinct_pictures_are_no_duplicates(prints):
    assert near_duplicates(prints) == []


@pytest.mark.parametrize("change", CHANGES)
def test_changed_copies_are_found(pictures, prints, saved, change):
    apply, kind, options, turn = CHANGES[change]
    copies = [
        print_of(saved(apply(each), kind, **options)) for each in pictures[:40]
    ]
    pairs = near_duplicates([*prints, *copies])
    found = {(pair.first, pair.second): pair.turn for pair in pairs}
    planted = {(i, COUNT + i): turn for i in range(40)}
    assert len(planted.keys() & found.keys()) >= 0.95 * 40
    assert found.items() <= planted.items()


def test_pictures_almost_of_one_colour_are_no_duplicates():
    blank = [
        fingerprint(Image.new("RGB", (50, 50), (level, level, level)))
        for level in range(0, 250, 10)
    ]
    assert near_duplicates(blank) == []


def brute_force(hashes, distance):
    pairs = set()
    for i in range(len(hashes)):
        for j in range(i + 1, len(hashes)):
            if (hashes[i] ^ hashes[j]).bit_count() <= distance:
                pairs.add((i, j))
    return pairs


def test_the_index_finds_what_comparing_all_finds(monkeypatch):
    random = np.random.default_rng(0)
    hashes = [int(h) for h in random.integers(0, 2**63, 60)]
    for i in range(240):
        near = hashes[i % 60]
        for bit in random.choice(64, random.integers(1, 13), replace=False):
            near ^= 1 << int(bit)
        hashes.append(near)
    # One picture under all hashes: only they can tell the pairs apart.
    tiny = fingerprint(Image.linear_gradient("L")).tiny
    # The hashes of flips are those of nothing.
    far = [int(h) for h in random.integers(0, 2**63, 3)]
    prints = [Fingerprint((h, *far), tiny, 50.0) for h in hashes]
    pairs = near_duplicates(prints)
    found = {(pair.first, pair.second) for pair in pairs if not pair.turn}
    assert len(found) > 100
    assert found == brute_force(hashes, 7)


def test_many_pictures_of_one_hash_are_paired_with_the_first(prints):
    pairs = near_duplicates([prints[0]] * 50)
    assert [(pair.first, pair.second) for pair in pairs] == [
        (0, i) for i in range(1, 50)
    ]


def test_exact_duplicates_are_grouped():
    assert exact_duplicates(["a", "b", "a", "", "", "c", "b", "a"]) == [
        [0, 2, 7],
        [1, 6],
    ]


def test_duplicates_are_judged_by_label_and_part():
    entries = [
        ListedPicture("0", "train", "ant"),
        ListedPicture("1", "train", "bee"),
        ListedPicture("2", "val", "ant"),
        ListedPicture("3", "train", "ant"),
    ]
    found = duplicate_findings(entries, [[0, 1], [0, 2], [0, 3]], [])
    assert [(each.level, each.kind, each.names) for each in found] == [
        ("refuse", "conflict", ("0", "1")),
        ("warning", "leak", ("0", "2")),
        ("note", "copy", ("0", "3")),
    ]


def test_the_turns_are_those_of_the_hashes(pictures):
    plain = fingerprint(pictures[0])
    mirrored = fingerprint(ImageOps.mirror(pictures[0]))
    assert len(TURNS) == len(plain.hashes)
    assert plain.hashes[1] == mirrored.hashes[0]
    assert plain.hashes[3] == mirrored.hashes[2]
