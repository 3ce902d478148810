"""Dealing pictures that show several classes out to parts, evenly.

Sechidis, Tsoumakas and Vlahavas, "On the Stratification of Multi-Label Data",
2011, section 3.1: iterative stratification. The class with the fewest pictures
that are left is dealt out first, each picture to the part that lacks most of
that class.
"""

import numpy as np


def stratify(
    labels: np.ndarray,
    shares,
    *,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Returns the part of each picture, int64 `(examples,)`.

    What belongs together goes to one part, the largest groups first. A class
    of one picture goes to the largest part.

    Args:
        labels: 0 or 1 of shape `(examples, classes)`.
        shares: How much of all pictures each part gets; they add up to 1.
        groups: int `(examples,)`: what belongs together; each picture by
            itself where None.
        seed: The same pictures for the same seed.

    Example:

    ```python
    import numpy as np
    from pipelines.data.stratifying import stratify
    labels = np.array([[1, 0], [1, 1], [0, 1], [0, 0]] * 5)
    part = stratify(labels, (0.8, 0.2))
    assert labels[part == 1].sum(axis=0).tolist() == [2, 2]
    assert (part == 1).sum() == 4
    ```
    """
    if groups is None:
        groups = np.arange(len(labels))
    _, unit = np.unique(groups, return_inverse=True)
    sizes = np.bincount(unit)
    # Mostly bytes: of very many pictures and classes that is what fits.
    kind = np.min_scalar_type(sizes.max())
    sums = np.zeros((len(sizes), labels.shape[1]), kind)
    np.add.at(sums, unit, labels)
    return _Dealing(sums, sizes, shares, seed).parts()[unit]


class _Dealing:
    """Units (pictures, or groups of them) on their way into parts.

    Args:
        sums: int `(units, classes)`: how many pictures of a unit show each.
        sizes: int `(units,)`: how many pictures a unit has.
        shares: As for `stratify`.
        seed: Likewise.
    """

    def __init__(self, sums, sizes, shares, seed: int):
        shares = np.asarray(shares, "float64")
        self._sums, self._sizes = sums, sizes
        self._part = np.full(len(sums), -1)
        # How many pictures each part still lacks, of each class and in all.
        self._lacking = np.outer(shares, sums.sum(axis=0))
        self._room = shares * sizes.sum()
        random = np.random.default_rng([seed, 0x57A7])
        order = random.permutation(len(sums))
        self._order = order[np.argsort(-sizes[order], kind="stable")]
        self._left = (sums > 0).sum(axis=0)

    def parts(self) -> np.ndarray:
        """Deals all of them out, and returns the part of each."""
        while self._left.any():
            open_classes = np.where(self._left, self._left, np.inf)
            label = int(open_classes.argmin())
            for unit in self._waiting(self._sums[:, label] > 0):
                self._deal(unit, self._lacking[:, label])
        for unit in self._waiting(True):
            self._deal(unit, self._room)
        return self._part

    def _waiting(self, wanted) -> np.ndarray:
        open_units = (self._part < 0) & wanted
        return self._order[open_units[self._order]]

    def _deal(self, unit: int, lacking: np.ndarray) -> None:
        # Where several parts lack as much, the one with the most room.
        (*_, part) = np.lexsort((self._room, lacking))
        self._part[unit] = part
        self._lacking[part] -= self._sums[unit]
        self._room[part] -= self._sizes[unit]
        self._left -= self._sums[unit] > 0
