"""What happens to pictures as a table of numbers, for `applying` to do.

Everything random is drawn beforehand, for several pictures at once: a row of
numbers says which step is taken, and with which parameters.
"""

import numpy as np

from pipelines.batches.transforms.compiling import compiled_with_caller

PARAMETERS = 6
# The code of a row that changes nothing.
NOTHING = 0


class Step:
    """Something that is done to one picture, of which chance says how.

    Args:
        code: What its rows begin with; no two steps have the same.
        change: Given a picture, uint8 `(height, width, 3)`, the `Scratch`
            of `applying` and float64 `(6,)` parameters, changes the picture
            where it is. What Numba can compile.

    Example:

    ```python
    from pipelines.batches.transforms.posterize import POSTERIZE
    column = POSTERIZE([1, 4])
    assert column[:, 0, :2].tolist() == [[POSTERIZE.code, 1],
                                         [POSTERIZE.code, 4]]
    ```
    """

    def __init__(self, code: int, change):
        self.code = code
        self.change = compiled_with_caller(change)

    def __call__(self, *parameters) -> np.ndarray:
        """Makes a column of steps, one for each picture.

        Args:
            parameters: Numbers or arrays `(pictures,)`.

        Returns:
            float64 `(pictures, 1, 7)`.
        """
        return column(self.code, *parameters)


def nothing(pictures: int) -> np.ndarray:
    """Returns the steps of pictures to which nothing happens."""
    return np.zeros((pictures, 0, 1 + PARAMETERS))


def column(codes, *parameters) -> np.ndarray:
    """Makes a column of steps, one for each picture.

    Args:
        codes: Of one step, or `(pictures,)`, each picture's own.
        parameters: Numbers or arrays `(pictures,)`.

    Returns:
        float64 `(pictures, 1, 7)`.
    """
    columns = np.broadcast_arrays(codes, *parameters)
    table = np.zeros((columns[0].size, 1, 1 + PARAMETERS))
    for place, values in enumerate(columns):
        table[:, 0, place] = values
    return table


def in_turn(*columns: np.ndarray) -> np.ndarray:
    """Puts steps one after another: float64 `(pictures, steps, 7)`."""
    return np.concatenate(columns, axis=1)


def where(condition: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Leaves out the steps of pictures for which a condition is false."""
    table[~condition] = 0
    return table
