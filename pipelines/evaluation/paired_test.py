"""Whether one model is better than another by more than chance.

Both have judged the same pictures, and only those that one tells right and
the other wrong say anything (McNemar, "Note on the sampling error of the
difference between correlated proportions or percentages", 1947).
"""

from collections.abc import Sequence


def mcnemar(only_first: int, only_second: int) -> float:
    """Returns how likely chance alone makes a difference at least as large.

    The exact test of two sides: were both as good, each of these pictures
    would be a fair coin.

    Args:
        only_first: Pictures that only the first model tells right.
        only_second: Those that only the second does.

    Example:

    ```python
    from pipelines.evaluation.paired_test import mcnemar
    assert mcnemar(0, 6) == 2 / 2**6 and mcnemar(4, 4) == 1
    ```
    """
    from scipy.stats import binomtest

    count = only_first + only_second
    return float(binomtest(only_first, count).pvalue) if count else 1.0


def holm(chances: Sequence[float]) -> list[float]:
    """Returns what several chances are worth when all are looked at together.

    Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979: the
    smallest of `m` counts `m` times, the next `m - 1` times, and none less
    than one before it.

    Args:
        chances: Of each test, in 0…1.

    Example:

        >>> from pipelines.evaluation.paired_test import holm
        >>> holm([0.04, 0.01, 0.5])
        [0.08, 0.03, 0.5]
    """
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    found, least = [0.0] * len(chances), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(chances) - rank) * chances[place]))
        found[place] = least
    return found
