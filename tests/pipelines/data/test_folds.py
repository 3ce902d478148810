"""Folds, and sets of pictures taken together."""

import dataclasses

import numpy as np
import pytest

from pipelines.data.examples import Splits
from pipelines.data.folds import fold_of
from pipelines.data.joining import join
from pipelines.data.joining import relabel
from zoo.errors import DataError
from zoo.errors import RequestError


@pytest.fixture
def splits(coded):
    examples = coded(25)
    return Splits(
        examples.subset(np.arange(18)), examples.subset(np.arange(18, 25))
    )


def test_every_picture_is_held_out_once(splits):
    held_out = []
    for fold in range(4):
        part = fold_of(splits, fold, 4, seed=2)
        train, judged = set(part.train.names), set(part.validation.names)
        assert not train & judged and len(train | judged) == 25
        held_out += part.validation.names
        # 25 pictures of three classes: two or three of each in a fold.
        assert set(part.validation.counts()) <= {2, 3}
    assert len(held_out) == len(set(held_out)) == 25


def test_names_labels_and_pictures_stay_together(splits):
    part = fold_of(splits, 1, 3)
    for i, name in enumerate(part.train.names):
        index = int(name.removeprefix("picture"))
        assert part.train.labels[i] == index % 3
    every = {
        n: b
        for half in (splits.train, splits.validation)
        for n, b in zip(
            half.names, half.encoded(list(range(len(half)))), strict=True
        )
    }
    wanted = [5, 0, 5, 11]
    assert part.train.encoded(wanted) == [
        every[part.train.names[i]] for i in wanted
    ]


def test_what_belongs_together_stays_known(splits):
    groups = np.array(pairs(splits))
    known = dataclasses.replace(
        splits, groups=groups, split_off=True, note="held out 7"
    )
    for fold in range(3):
        part = fold_of(known, fold, 3)
        assert part.split_off and part.note == ""
        assert part.groups.tolist() == pairs(part)
        train = set(part.groups[: len(part.train)].tolist())
        assert not train & set(part.groups[len(part.train) :].tolist())


def pairs(splits):
    names = *splits.train.names, *splits.validation.names
    return [int(name.removeprefix("picture")) // 2 for name in names]


def test_some_pictures_keep_their_groups(splits):
    known = dataclasses.replace(splits, groups=np.arange(25) // 3)
    few = known.subset(train=[0, 4, 17])
    assert few.groups.tolist() == [0, 1, 5, 6, 6, 6, 7, 7, 7, 8]
    assert len(few.train) == 3 and few.validation is splits.validation
    few = known.subset([1], [6, 0])
    assert few.groups.tolist() == [0, 8, 6]
    assert splits.subset(validation=[3]).groups is None


@pytest.mark.parametrize(("fold", "folds"), [(0, 1), (3, 3), (-1, 3)])
def test_folds_that_are_not_there(splits, fold, folds):
    with pytest.raises(RequestError, match="`folds` is 2 or more"):
        fold_of(splits, fold, folds)


def test_more_folds_than_pictures_of_a_class(splits):
    with pytest.raises(DataError, match="Class 'b' has 8 pictures, too few"):
        fold_of(splits, 0, 9)


def test_taking_together_and_relabelling(coded):
    first, second = coded(4), coded(7).subset([4, 5, 6])
    both = join(first, second)
    assert len(both) == 7 and both.names[-1] == "picture6"
    assert both.labels.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert both.encoded([6, 1]) == coded(7).encoded([6, 1])
    again = relabel(both, ("c", "x", "a", "b"))
    assert again.labels.tolist() == [2, 3, 0, 2, 3, 0, 2]
    with pytest.raises(DataError, match="only if their classes are the same"):
        join(both, again)
