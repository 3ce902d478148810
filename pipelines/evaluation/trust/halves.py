"""Two parts of some pictures: one that chooses, one that judges.

No picture is in both, whatever it is called: its bytes decide.
"""

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.hashing import hashes_of
from pipelines.data.holding_out import grouped_split
from zoo.errors import DataError

_SHOWN = 3


def sha256_of_all(examples: Examples) -> list[bytes]:
    """Returns what each picture's bytes hash to, or have to."""
    if examples.sha256 is not None:
        return [row.tobytes() for row in examples.sha256]
    return [sha256 for _, sha256 in hashes_of(examples)]


def halves(labels: np.ndarray, keys, classes: int, seed: int) -> np.ndarray:
    """Chooses about half of each class, copies always together.

    Args:
        labels: int `(pictures,)`.
        keys: What each picture is known by, such as its hash.
        classes: How many there are.
        seed: Decides which.

    Returns:
        bool `(pictures,)`: which are in the first half.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.trust.halves import halves
    first = halves(np.repeat([0, 1], 4), "aabcdefg", 2, seed=0)
    assert first.sum() == 4 and first[0] == first[1]
    ```
    """
    places = {}
    groups = np.array([places.setdefault(key, i) for i, key in enumerate(keys)])
    unread = Examples(
        range(len(labels)), labels, tuple(map(str, range(classes))), list
    )
    return grouped_split(unread, 0.5, seed, groups)


def refuse_shared(
    choosing: Examples, judging: Examples, keys: tuple[list, list]
) -> None:
    """Refuses two parts that have pictures in common.

    Args:
        choosing: What chooses.
        judging: What judges.
        keys: The hashes of both.

    Raises:
        DataError: Names some.
    """
    chosen = dict(zip(keys[0], choosing.names, strict=True))
    pairs = [
        (chosen[key], name)
        for key, name in zip(keys[1], judging.names, strict=True)
        if key in chosen
    ]
    if pairs:
        told = "; ".join(f"{name} is {other}" for other, name in pairs[:_SHOWN])
        raise DataError(
            f"{len(pairs):,} of the {len(judging):,} pictures that judge are "
            f"among those that choose, which says nothing about others: {told}"
            f"{' …' if len(pairs) > _SHOWN else ''}. Give other pictures, or "
            "leave `judged_by` out, which cuts `data` in two."
        )
