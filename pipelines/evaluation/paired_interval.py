"""How much better one model is than another on the same pictures."""

import math

# Of the standard normal distribution, for 95 %.
_QUANTILE = 1.959964


def paired_interval(
    only_first: int, only_second: int, count: int
) -> tuple[float, float]:
    """Returns where the difference of two shares lies, with 95 % confidence.

    Agresti and Min, "Simple improved confidence intervals for comparing
    matched proportions", 2005: half a picture is added to each of the four
    cells, which keeps what is promised also where few pictures differ.

    Args:
        only_first: Pictures that only the first model tells right.
        only_second: Those that only the second does.
        count: Pictures in all.

    Returns:
        The limits of the first one's share minus the second one's, in -1…1.

    Example:

    ```python
    from pipelines.evaluation.paired_interval import paired_interval
    low, high = paired_interval(30, 20, 1000)
    assert low < 0.01 < high
    ```
    """
    first, second, total = only_first + 0.5, only_second + 0.5, count + 2
    difference = (first - second) / total
    variance = (first + second - (first - second) ** 2 / total) / total**2
    half = _QUANTILE * math.sqrt(variance)
    return max(-1.0, difference - half), min(1.0, difference + half)
