"""Between which limits a share lies that was counted on some pictures."""

import math

# Of the standard normal distribution, for 95 %.
_QUANTILE = 1.959964


def interval(right: int, count: int) -> tuple[float, float]:
    """Returns where a share lies with 95 % confidence, in 0…1.

    Wilson, "Probable Inference, the Law of Succession, and Statistical
    Inference", 1927.

    Args:
        right: How many are so.
        count: Of how many; nothing is known of none.

    Example:

    ```python
    from pipelines.tasks.interval import interval
    low, high = interval(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    ```
    """
    if not count:
        return 0.0, 1.0
    share, z = right / count, _QUANTILE
    middle = share + z**2 / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
