"""Many rows of numbers, a few at a time.

A set of pictures is judged by a matrix of pictures and classes, of which a
few copies in float64 would be several times what it takes itself.
"""

from collections.abc import Callable
from collections.abc import Iterator

import numpy as np

# Numbers of a block: 2 MB in float64.
_NUMBERS = 1 << 18


def row_blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yields the rows of an array, in blocks that need little memory.

    Args:
        shape: Of the array; its first axis are the rows.

    Example:

        >>> from pipelines.tasks.row_blocks import row_blocks
        >>> [(rows.start, rows.stop) for rows in row_blocks((120, 5000))]
        [(0, 52), (52, 104), (104, 120)]
    """
    count, *others = shape
    most = max(1, _NUMBERS // max(1, int(np.prod(others))))
    for start in range(0, count, most):
        yield slice(start, min(count, start + most))


def by_blocks(compute: Callable, *arrays: np.ndarray) -> np.ndarray:
    """Returns what is computed of each row by itself, for all rows.

    Args:
        compute: Given some rows of each array, returns an array with a row
            for each of them.
        *arrays: Of as many rows; the first one's shape says how many are
            taken at once.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.row_blocks import by_blocks
    numbers = np.arange(6.0).reshape(3, 2)
    assert by_blocks(lambda rows: rows.sum(1), numbers).tolist() == [1, 5, 9]
    ```
    """
    blocks = list(row_blocks(arrays[0].shape)) or [slice(0, 0)]
    parts = [compute(*(each[rows] for each in arrays)) for rows in blocks]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
