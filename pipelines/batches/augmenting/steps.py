"""What happens to pictures as a table of numbers, for `painting` to do.

Everything random is drawn beforehand, for several pictures at once.
"""

import numpy as np

PARAMETERS = 6
# What a row of numbers stands for: its first one; the others are parameters.
CODES = (
    NOTHING,
    WARP,
    BRIGHTNESS,
    SATURATION,
    CONTRAST,
    SHARPNESS,
    POSTERIZE,
    SOLARIZE,
    AUTOCONTRAST,
    EQUALIZE,
    JITTER,
    ADD,
    ERASE,
    GRID,
    # A picture and changed ones of it, added up by weights.
    BEGIN_SUM,
    ADD_TO_SUM,
    END_SUM,
) = range(17)


def none(pictures: int) -> np.ndarray:
    """Returns the steps of pictures to which nothing happens."""
    return np.zeros((pictures, 0, 1 + PARAMETERS))


def step(code, *parameters) -> np.ndarray:
    """Makes a column of steps, one for each picture.

    Args:
        code: One of `CODES` or an array of them, `(pictures,)`.
        parameters: Numbers or arrays `(pictures,)`.

    Returns:
        float64 `(pictures, 1, 7)`.
    """
    columns = np.broadcast_arrays(code, *parameters)
    table = np.zeros((columns[0].size, 1, 1 + PARAMETERS))
    for place, column in enumerate(columns):
        table[:, 0, place] = column
    return table


def in_turn(*columns: np.ndarray) -> np.ndarray:
    """Puts steps one after another: float64 `(pictures, steps, 7)`."""
    return np.concatenate(columns, axis=1)


def where(condition: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Leaves out the steps of pictures for which a condition is false."""
    column[~condition] = 0
    return column
