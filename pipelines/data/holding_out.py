"""Holding a fifth of every class out where a data set has no such part.

What belongs together, copies and near copies above all, stays on one side. A
set without copies is split as if nobody had looked for them. Of pictures that
show several classes a fifth is held out by iterative stratification
(`pipelines.data.stratifying`).
"""

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.stratifying import stratify
from zoo.errors import DataError

VALIDATION_FRACTION = 0.2


def hold_out(
    examples: Examples,
    data,
    seed: int | None,
    *,
    named: np.ndarray | None = None,
    progress=None,
) -> Splits:
    """Splits a fifth of every class off, and says so.

    Args:
        examples: All pictures.
        data: What they come from, for messages.
        seed: Decides the split; None for none, where nothing is learned.
        named: int `(pictures,)`: what a person says belongs together; None
            where nobody has.
        progress: Called with the numbers of pictures looked at and in all.

    Raises:
        DataError: A class has one picture only, or nothing can be held out.
    """
    if seed is None:
        return Splits(examples, None, split_off=True)
    lonely = np.flatnonzero(examples.counts() == 1)
    if len(lonely) and not examples.several:
        raise DataError(
            f"{data}: the class {examples.class_names[lonely[0]]!r} has one "
            "picture; at least 2 are needed, one to learn from and one to "
            "judge by. Add pictures or remove the class."
        )
    # Here, for it imports much.
    from pipelines.data.copies.grouping import find_groups

    groups = find_groups(examples, named, progress)
    split = _held_out_of_several if examples.several else _held_out
    held_out, groups_kept = split(examples, groups, seed)
    if not held_out.any():
        raise DataError(
            f"{data}: the pictures of each class belong together, as copies "
            "or by their groups, so that none can be held out. Add others."
        )
    train, validation = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    about = "about " if examples.several else ""
    return Splits(
        examples.subset(train),
        examples.subset(validation),
        f"{data} has no validation part: held out {len(validation)} of its "
        f"{len(examples)} pictures, {about}{VALIDATION_FRACTION:.0%} of every "
        f"class (seed {seed}){_said(examples, groups, held_out)}.",
        split_off=True,
        groups=groups_kept[np.concatenate([train, validation])],
    )


def _held_out(examples, groups, seed) -> tuple[np.ndarray, np.ndarray]:
    """Splits by groups; near copies are let go where a class is all alike.

    Series of scans look like one another, and yet a class of them has to be
    judged.
    """
    held_out = grouped_split(examples, VALIDATION_FRACTION, seed, groups.near)
    unjudged = _without(examples, held_out)
    if not unjudged.any():
        return held_out, groups.near
    loose = np.isin(groups.near, groups.near[unjudged[examples.labels]])
    mixed = np.where(loose, groups.strict, groups.near)
    held_out = grouped_split(examples, VALIDATION_FRACTION, seed, mixed)
    return held_out, mixed


def _held_out_of_several(
    examples, groups, seed
) -> tuple[np.ndarray, np.ndarray]:
    shares = 1 - VALIDATION_FRACTION, VALIDATION_FRACTION
    part = stratify(examples.labels, shares, groups=groups.near, seed=seed)
    return part == 1, groups.near


def _without(examples: Examples, held_out: np.ndarray) -> np.ndarray:
    """Returns which classes have pictures, but none that is held out."""
    judged = examples.subset(np.flatnonzero(held_out)).counts() > 0
    return (examples.counts() > 0) & ~judged


def _said(examples: Examples, groups, held_out: np.ndarray) -> str:
    said = [groups.note] if groups.note else []
    unjudged = np.flatnonzero(_without(examples, held_out))
    if len(unjudged):
        names = ", ".join(examples.class_names[i] for i in unjudged[:5])
        why = "are too few" if examples.several else "all belong together"
        said.append(
            f"nothing judges {len(unjudged)} classes whose pictures {why}: "
            f"{names}"
        )
    return "".join(f"; {each}" for each in said)


def grouped_split(
    examples: Examples,
    fraction: float,
    seed: int,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Chooses a part of every class, the same part for the same seed.

    A class's pictures are shuffled and the first of them are held out, each
    with its group. A group that would make too many is passed over; where
    that leaves a class without a picture held out, its smallest group is.

    Args:
        examples: What is split; each class has at least two examples.
        fraction: The part split off, in (0, 1); at least one picture and
            never all pictures of a class.
        seed: Any integer.
        groups: int `(examples,)`: what stays on one side, by the place of the
            group's first picture; each picture by itself where None.

    Returns:
        bool `(examples,)`: which are held out. None of a class whose pictures
        are in one group with all pictures of another.
    """
    if groups is None:
        groups = np.arange(len(examples))
    random = np.random.default_rng([seed, 0x5B117])
    sizes = examples.counts()
    limits = np.round(fraction * sizes).astype(int)
    limits = np.minimum(np.maximum(1, limits), sizes - 1)
    split = _GroupedSplit(examples.labels, groups, limits, sizes)
    for label, members in enumerate(examples.members()):
        order = random.permutation(members)
        if split.are_alone(members):
            split.held_out[order[: max(0, limits[label])]] = True
        else:
            split.take(label, order)
    return split.held_out


class _GroupedSplit:
    """Pictures that are held out, group by group.

    Args:
        labels: Of all pictures.
        groups: What stays on one side.
        limits: How many of each class are held out at most.
        sizes: How many each class has.
    """

    def __init__(self, labels, groups, limits, sizes):
        self.held_out = np.zeros(len(labels), bool)
        self._labels, self._groups = labels, groups
        self._limits, self._sizes = limits, sizes
        # How many of each class are held out in groups of several.
        self._held = np.zeros(len(sizes), int)
        self._alone = np.bincount(groups, minlength=len(groups)) == 1
        order = np.argsort(groups, kind="stable")
        starts = np.flatnonzero(np.diff(groups[order])) + 1
        self._members = {
            int(groups[part[0]]): part
            for part in np.split(order, starts)
            if len(part)
        }

    def are_alone(self, members: np.ndarray) -> bool:
        """Says whether each of these pictures is a group by itself."""
        return bool(self._alone[self._groups[members]].all())

    def take(self, label: int, order: np.ndarray) -> None:
        """Holds pictures of one class out, with their groups.

        Args:
            label: The class.
            order: Its pictures, shuffled.
        """
        seen = list(dict.fromkeys(self._groups[order].tolist()))
        fresh = [group for group in seen if not self._is_held(group)]
        for group in fresh:
            if self._held[label] == self._limits[label]:
                break
            self._hold(group, self._limits)
        if self._held[label]:
            return
        # Too many, but better than a class that nothing judges.
        fresh.sort(key=lambda group: len(self._members[group]))
        for group in fresh:
            if self._hold(group, self._sizes - 1):
                return

    def _is_held(self, group: int) -> bool:
        return bool(self.held_out[self._members[group][0]])

    def _hold(self, group: int, limits: np.ndarray) -> bool:
        """Holds a group out, if no class has too many then."""
        members = self._members[group]
        labels, counts = np.unique(self._labels[members], return_counts=True)
        if (self._held[labels] + counts > limits[labels]).any():
            return False
        self.held_out[members] = True
        self._held[labels] += counts
        return True
