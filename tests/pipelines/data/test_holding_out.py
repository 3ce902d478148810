"""Copies lie on one side of a split; without any it is what it always was."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from pipelines.data.copies import grouping
from pipelines.data.copies.grouping import find_groups
from pipelines.data.folds import fold_of
from pipelines.data.holding_out import grouped_split
from pipelines.data.holding_out import hold_out
from pipelines.data.sources.opening import open_splits
from zoo.errors import DataError


def as_before(labels, classes, fraction, seed):
    """The split as it was made before anybody looked for copies."""
    random = np.random.default_rng([seed, 0x5B117])
    held_out = np.zeros(len(labels), bool)
    for label in range(classes):
        members = np.flatnonzero(labels == label)
        count = min(max(1, round(fraction * len(members))), len(members) - 1)
        held_out[random.permutation(members)[:count]] = True
    return held_out


def encoded(pixels, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def scenes(photo, saved):
    """Returns a function: different pictures, PNG."""
    return lambda count: [
        saved(photo(i, (48, 40)), "PNG") for i in range(count)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_without_copies_the_split_is_what_it_was(held, seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 5, random.integers(30, 200))
    labels = np.concatenate([labels, np.repeat(np.arange(5), 2)])
    examples = held([b"%d" % i for i in range(len(labels))], labels, "abcde")
    for fraction in (0.2, 0.5, 0.9):
        expected = as_before(labels, 5, fraction, seed)
        found = grouped_split(examples, fraction, seed)
        np.testing.assert_array_equal(found, expected)
    splits = hold_out(examples, "set", seed)
    expected = as_before(labels, 5, 0.2, seed)
    np.testing.assert_array_equal(
        splits.validation.encoded([0, 1, 2]),
        [b"%d" % i for i in np.flatnonzero(expected)[:3]],
    )
    assert splits.note == (
        f"set has no validation part: held out {expected.sum()} of its "
        f"{len(labels)} pictures, 20% of every class (seed {seed})."
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_group_is_on_both_sides(held, seed):
    random = np.random.default_rng(seed)
    count = int(random.integers(40, 120))
    labels = np.concatenate([random.integers(0, 3, count), [0, 1, 2] * 4])
    groups = random.integers(0, len(labels) // 2, len(labels))
    _, first, inverse = np.unique(
        groups, return_index=True, return_inverse=True
    )
    groups = first[inverse]
    examples = held([b""] * len(labels), labels, "abc")
    held_out = grouped_split(examples, 0.2, seed, groups)
    assert not set(groups[held_out]) & set(groups[~held_out])
    sizes, counts = examples.counts(), np.bincount(labels[held_out])
    assert ((counts > 0) & (counts < sizes)).all()
    assert (counts <= np.maximum(1, np.round(0.2 * sizes))).all()


def test_copies_change_their_own_class_only(held, scenes):
    pictures = scenes(40)
    labels = np.repeat([0, 1], 20)
    for seed in range(8):
        expected = as_before(labels, 2, 0.2, seed)
        pictures[39] = pictures[30]
        groups = find_groups(held(pictures, labels, "ab")).near
        found = grouped_split(held(pictures, labels, "ab"), 0.2, seed, groups)
        np.testing.assert_array_equal(found[:20], expected[:20])
        assert found[20:].sum() == 4 and found[30] == found[39]
        assert (found != expected).sum() <= 2


def test_copies_stay_together_and_it_is_said(held, scenes):
    pictures = scenes(16)
    pictures += pictures[:4] + pictures[4:6]
    labels = [*[0, 1] * 8, *[0, 1] * 2, *[0, 1]]
    examples = held(pictures, labels, "ab")
    for seed in range(8):
        splits = hold_out(examples, "set", seed)
        ours = set(splits.validation.encoded([*range(len(splits.validation))]))
        theirs = set(splits.train.encoded([*range(len(splits.train))]))
        assert not ours & theirs
        assert splits.validation.counts().tolist() == [2, 2]
        assert splits.note.endswith(
            "12 pictures that belong together or are equal stay on one side "
            "each."
        )


def test_near_copies_stay_together(held, photo, saved):
    plain = [photo(i, (96, 80)) for i in range(10)]
    pictures = [saved(each, "PNG") for each in plain]
    pictures += [saved(each, "JPEG", quality=60) for each in plain[:3]]
    pictures += [
        saved(each.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG")
        for each in plain[3:5]
    ]
    labels = [*[0, 1] * 5, 0, 1, 0, 1, 0]
    examples = held(pictures, labels, "ab")
    groups = find_groups(examples)
    assert groups.near.tolist() == [*range(10), 0, 1, 2, 3, 4]
    assert groups.strict.tolist() == [*range(15)]
    assert groups.note == "10 that look alike stay on one side each"
    for seed in range(8):
        splits = hold_out(examples, "set", seed)
        sides = splits.groups
        count = len(splits.train)
        assert not set(sides[:count]) & set(sides[count:])


def test_the_same_groups_at_every_size(held, scenes):
    pictures = scenes(300)
    pictures[290] = pictures[7]
    whole = find_groups(held(pictures, [0, 1] * 150, "ab")).near
    assert whole[290] == 7
    alone = whole[:7].tolist() + whole[8:290].tolist()
    assert alone == [*range(7), *range(8, 290)]
    part = find_groups(held(pictures[280:], [0, 1] * 10, "ab")).near
    assert part.tolist() == [*range(20)]


def test_very_many_pictures_are_compared_by_their_bytes(
    held, scenes, monkeypatch
):
    monkeypatch.setattr(grouping, "NEAR_LIMIT", 8)
    pictures = scenes(8)
    pictures += [pictures[0], pictures[3]]
    splits = hold_out(held(pictures, [0, 1] * 5, "ab"), "set", 0)
    assert (
        "4 pictures that belong together or are equal stay on one side each; "
        "of more than 8 pictures, only equal bytes are looked for."
    ) in splits.note


def test_a_class_of_one_picture_and_its_copies_is_learned(held, scenes):
    pictures = scenes(6)
    examples = held(
        [*pictures, pictures[0], pictures[0]], [1, 0, 0, 0, 0, 0, 1, 1], "ab"
    )
    splits = hold_out(examples, "set", 0)
    assert splits.train.counts().tolist() == [4, 3]
    assert splits.validation.counts().tolist() == [1, 0]
    assert splits.note.endswith(
        "nothing judges 1 classes whose pictures all belong together: b."
    )
    copies = held([pictures[0]] * 4, [0, 0, 1, 1], "ab")
    with pytest.raises(DataError, match="belong together, as copies or by"):
        hold_out(copies, "set", 0)


def test_a_class_that_looks_all_alike_is_judged(held, photo, saved):
    one = photo(0, (96, 80))
    pictures = [
        saved(one, "JPEG", quality=quality) for quality in (95, 80, 70, 60, 50)
    ] + [saved(photo(i, (96, 80)), "PNG") for i in range(1, 6)]
    examples = held(pictures, [0] * 5 + [1] * 5, "ab")
    assert len(set(find_groups(examples).near[:5])) == 1
    splits = hold_out(examples, "set", 0)
    assert splits.validation.counts().tolist() == [1, 1]


def test_what_cannot_be_decoded_is_alone(held, scenes):
    pictures = [*scenes(4), b"GIF89a", b"no picture", b"", b"\xff\xd8\xff"]
    groups = find_groups(held(pictures, [0, 1] * 4, "ab"))
    assert groups.near.tolist() == [*range(8)]


def test_folds_by_groups(held, scenes):
    pictures = scenes(20)
    pictures += pictures[:6]
    labels = [*[0, 1] * 10, *[0, 1] * 3]
    examples = held(pictures, labels, "ab")
    splits = hold_out(examples, "set", 0)
    seen = []
    for fold in range(4):
        part = fold_of(splits, fold, 4)
        ours = part.validation.encoded([*range(len(part.validation))])
        theirs = part.train.encoded([*range(len(part.train))])
        assert not set(ours) & set(theirs)
        assert len(ours) + len(theirs) == 26
        assert (part.validation.counts() >= 2).all()
        seen += ours
    assert sorted(seen) == sorted(pictures)
    # The same where nobody has looked yet.
    again = dataclasses.replace(splits, groups=None, split_off=False)
    part = fold_of(again, 1, 4)
    other = fold_of(splits, 1, 4)
    every = [*range(len(other.validation))]
    assert part.validation.encoded(every) == other.validation.encoded(every)


@pytest.fixture
def patients(tmp_path, photo, saved):
    """A table of 24 pictures of 8 patients, three of each."""
    lines = ["path,label,patient"]
    for i in range(24):
        patient = i // 3
        (tmp_path / f"{i}.png").write_bytes(saved(photo(i, (32, 32)), "PNG"))
        lines.append(f"{i}.png,{'ab'[patient % 2]},p{patient}")
    path = tmp_path / "list.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def patient_of(name):
    return int(name.rpartition("/")[2].removesuffix(".png")) // 3


def test_a_column_of_groups(patients):
    from pipelines.data.sources.csv_columns import NamedColumns

    named = NamedColumns(group="patient")
    for seed in range(4):
        splits = open_splits(patients, seed=seed, named=named)
        ours = {patient_of(name) for name in splits.validation.names}
        theirs = {patient_of(name) for name in splits.train.names}
        assert len(ours) == 2 and not ours & theirs
        assert splits.validation.counts().tolist() == [3, 3]
        assert "24 pictures that belong together" in splits.note
    for fold in range(4):
        part = fold_of(splits, fold, 4)
        ours = {patient_of(name) for name in part.validation.names}
        assert len(ours) == 2
        assert part.validation.counts().tolist() == [3, 3]
