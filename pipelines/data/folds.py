"""Cross-validation: every picture is held out once."""

import dataclasses

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.joining import join
from pipelines.data.stratifying import stratify
from zoo.errors import DataError
from zoo.errors import RequestError


def fold_of(splits: Splits, fold: int, folds: int, *, seed: int = 0) -> Splits:
    """Returns one of several ways to hold a part of all pictures out.

    Both parts of a data set are taken together and every class is dealt out
    evenly, so that each picture is held out in exactly one fold. What belongs
    together is dealt out first, the largest groups before others, each to the
    fold that has the fewest of its class; all others as if it were not there.
    Pictures that show several classes are dealt out by `stratify`. What belongs
    together stays known.

    Args:
        splits: The data set.
        fold: Which way, in 0…folds-1.
        folds: How many parts there are, at least 2.
        seed: Decides which pictures are held out together.

    Raises:
        RequestError: There are not so many folds.
        DataError: A class has fewer pictures than there are folds.
    """
    if not 0 <= fold < folds or folds < 2:
        raise RequestError(
            f"`folds` is 2 or more. Received: fold {fold} of {folds}"
        )
    train, held_out = splits.train, splits.validation
    if train.several:
        groups = _groups(splits)
        part = stratify(
            np.concatenate([train.labels, held_out.labels]),
            np.full(folds, 1 / folds),
            groups=groups,
            seed=seed,
        )
        return _parted(splits, part == fold, groups)
    labels = np.concatenate([train.labels, held_out.labels])
    part = np.empty(len(labels), "int64")
    random = np.random.default_rng([seed, folds])
    for label, name in enumerate(train.class_names):
        members = random.permutation(np.flatnonzero(labels == label))
        if len(members) < folds:
            raise DataError(
                f"Class {name!r} has {len(members)} pictures, too few for "
                f"`folds={folds}`. Give fewer folds, or more pictures."
            )
        part[members] = (np.arange(len(members)) + label) % folds
    groups = _groups(splits)
    _deal_groups(part, labels, groups, folds)
    return _parted(splits, part == fold, groups)


def _parted(splits: Splits, judges: np.ndarray, groups: np.ndarray) -> Splits:
    train, held_out = splits.train, splits.validation
    ours, theirs = np.flatnonzero(~judges), np.flatnonzero(judges)
    return dataclasses.replace(
        splits,
        train=_pick(train, held_out, ours),
        validation=_pick(train, held_out, theirs),
        groups=groups[np.concatenate([ours, theirs])],
        # It tells of the other parts.
        note="",
    )


def _groups(splits: Splits) -> np.ndarray:
    """Returns what belongs together, in the order of the parts."""
    if splits.split_off and splits.groups is not None:
        return splits.groups
    from pipelines.data.copies.grouping import find_groups

    everything = join(splits.train, splits.validation)
    return find_groups(everything, splits.groups).near


def _deal_groups(part, labels, groups, folds: int) -> None:
    """Puts the pictures of each group into one fold.

    Args:
        part: int `(pictures,)`: the fold of each, which is changed.
        labels: Of all pictures.
        groups: What belongs together.
        folds: How many there are.
    """
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order])) + 1
    several = [each for each in np.split(order, starts) if len(each) > 1]
    dealt = np.zeros((folds, labels.max() + 1), int)
    for members in sorted(several, key=lambda some: (-len(some), some[0])):
        counts = np.bincount(labels[members], minlength=dealt.shape[1])
        fold = int(np.argmin(dealt @ counts))
        part[members] = fold
        dealt[fold] += counts


def _pick(first: Examples, second: Examples, indices) -> Examples:
    """Takes examples out of two sets, as if they were one."""
    ours = indices[indices < len(first)]
    theirs = indices[indices >= len(first)] - len(first)
    return join(first.subset(ours), second.subset(theirs))
