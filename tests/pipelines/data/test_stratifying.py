"""Dealing out pictures that show several classes."""

import numpy as np
import pytest

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.folds import fold_of
from pipelines.data.holding_out import hold_out
from pipelines.data.stratifying import stratify


def labels_of(count, seed=0):
    """Six classes, from one that half of the pictures show to a rare one."""
    shares = 0.5 ** np.arange(1, 7)
    return (np.random.default_rng(seed).random((count, 6)) < shares).astype(
        "uint8"
    )


@pytest.mark.parametrize("shares", [(0.8, 0.2), (0.2,) * 5])
def test_every_class_is_dealt_out_by_the_shares(shares):
    labels = labels_of(400)
    part = stratify(labels, shares, seed=3)
    for number, share in enumerate(shares):
        inside = part == number
        assert inside.sum() == round(share * 400)
        wanted = share * labels.sum(axis=0)
        assert np.abs(labels[inside].sum(axis=0) - wanted).max() < 1
    assert (part == stratify(labels, shares, seed=3)).all()
    assert (part != stratify(labels, shares, seed=4)).any()


def test_what_belongs_together_stays_together():
    labels, groups = labels_of(200), np.arange(200) // 4
    part = stratify(labels, (0.8, 0.2), groups=groups)
    assert (part.reshape(-1, 4) == part[::4, None]).all()
    assert (part == 1).sum() == 40


def test_many_pictures_that_belong_together_are_counted():
    labels = np.ones((1500, 2), "uint8")
    labels[::2, 0] = 0
    groups = np.repeat([0, 1, 2], [300, 600, 600])
    part = stratify(labels, (0.8, 0.2), groups=groups)
    assert (part == 1).tolist() == (groups == 0).tolist()


def test_a_class_of_one_picture_is_learned():
    labels = np.zeros((20, 2), "uint8")
    labels[4, 0] = labels[:10, 1] = 1
    assert stratify(labels, (0.8, 0.2))[4] == 0


def examples_of(labels, encode):
    random = np.random.default_rng(5)
    pictures = [
        encode(random.integers(0, 256, (12, 12, 3), "uint8")) for _ in labels
    ]
    return Examples(
        tuple(map(str, range(len(labels)))),
        labels,
        tuple("abcdef"),
        lambda wanted: [pictures[i] for i in wanted],
    )


def test_a_fifth_is_held_out_and_each_picture_once_in_folds(encode):
    examples = examples_of(labels_of(60), encode)
    splits = hold_out(examples, "photos.csv", 0)
    assert len(splits.validation) == 12
    assert "held out 12 of its 60 pictures, about 20% of every" in splits.note
    counts = splits.validation.counts()
    assert np.abs(counts - 0.2 * examples.counts()).max() < 1
    if not counts.all():
        assert "whose pictures are too few" in splits.note
    seen = []
    for fold in range(3):
        parts = fold_of(splits, fold, 3)
        seen += parts.validation.names
        thirds = examples.counts() / 3
        assert np.abs(parts.validation.counts() - thirds).max() < 1
    assert sorted(seen, key=int) == list(examples.names)


def test_a_picture_is_drawn_as_one_of_its_rarest_class(encode):
    labels = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 0]], "uint8")
    examples = Examples(tuple("wxyz"), labels, tuple("abc"), None)
    assert examples.strata.tolist() == [0, 1, 2, 3]
    assert examples.counts().tolist() == [3, 2, 1]
    assert [each.tolist() for each in examples.members()] == [
        [0, 1, 2], [1, 2], [2],
    ]  # fmt: skip
    assert examples.label_text(2) == '["a", "b", "c"]'
    few = examples.subset([1, 3])
    assert few.several and few.strata_counts().tolist() == [1, 1]
    assert Splits(few, None).train.label_text(1) == "[]"
