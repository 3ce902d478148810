"""Removing pixels without leaving edges: each becomes what its neighbours say.

Rong et al., "A Consistent and Efficient Evaluation Strategy for Attribution
Methods" (ROAD), 2022: what is removed is the solution of linear
equations, one a pixel, and a little noise. A network that is shown grey blocks
instead may answer to their edges.
"""

import itertools

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

# Of the eight neighbours: beside or above, and over a corner.
_BESIDE, _ACROSS = 1 / 6, 1 / 12
_NEIGHBOURS = [
    (down, right, _ACROSS if down and right else _BESIDE)
    for down, right in itertools.product((-1, 0, 1), repeat=2)
    if down or right
]
# Of the range of pixels, as the authors have it.
NOISE = 0.01
_RANGE = 255


def imputed(
    picture: np.ndarray,
    missing: np.ndarray,
    random: np.random.Generator | None = None,
) -> np.ndarray:
    """Fills in pixels by the mean of their neighbours, missing ones too.

    Args:
        picture: `(height, width, channels)`, 0…255.
        missing: bool `(height, width)`, not all of them.
        random: Draws the noise; none where None.

    Returns:
        float32, in 0…255.

    Raises:
        ValueError: All are missing.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.explanations.faithfulness.imputation import (
        imputed)
    missing = np.eye(3, dtype=bool)
    picture = np.where(missing, 0.0, 90.0)[..., np.newaxis]
    assert abs(imputed(picture, missing) - 90).max() < 1e-4
    ```
    """
    if missing.all():
        raise ValueError("expected a pixel that is there, all are missing")
    found = np.asarray(picture, "float64").copy()
    if missing.any():
        equations, known = _equations(found, missing)
        values = linalg.spsolve(equations, known).reshape(-1, found.shape[-1])
        if random is not None:
            values += random.normal(0, NOISE * _RANGE, values.shape)
        found[missing] = values
    return np.clip(found, 0, _RANGE).astype("float32")


def _equations(picture: np.ndarray, missing: np.ndarray):
    """Returns the matrix of the missing pixels, and their right sides."""
    count = np.count_nonzero(missing)
    numbers = np.full(missing.shape, -1)
    numbers[missing] = np.arange(count)
    y, x = np.nonzero(missing)
    height, width = missing.shape
    total, known = np.zeros(count), np.zeros((count, picture.shape[-1]))
    rows, columns, weights = [], [], []
    for down, right, weight in _NEIGHBOURS:
        there = (y + down >= 0) & (y + down < height)
        there &= (x + right >= 0) & (x + right < width)
        own = np.flatnonzero(there)
        below, beside = y[own] + down, x[own] + right
        total[own] += weight
        others = numbers[below, beside]
        is_known = others < 0
        known[own[is_known]] += weight * picture[below, beside][is_known]
        rows.append(own[~is_known])
        columns.append(others[~is_known])
        weights.append(np.full(np.count_nonzero(~is_known), -weight))
    diagonal = np.arange(count)
    entries = (
        np.concatenate([*weights, total]),
        (
            np.concatenate([*rows, diagonal]),
            np.concatenate([*columns, diagonal]),
        ),
    )
    return sparse.csc_matrix(entries, (count, count)), known
