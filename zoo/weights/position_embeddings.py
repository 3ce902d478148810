"""Position embeddings for another size of picture. Pure NumPy."""

import numpy as np

from zoo.errors import RequestError


def resample_position_embeddings(old, old_grid, new_grid) -> np.ndarray:
    """Resamples learned position embeddings to another grid of patches.

    Bicubic, as pictures are: pixel centres at halves, and a kernel as wide as
    a step where the grid gets smaller (antialias). The class token's row, if
    there is one, stays as it is.

    Args:
        old: `(rows * columns, channels)`, or one row more for the class
            token, which comes first.
        old_grid: `(rows, columns)` of the patches in `old`.
        new_grid: `(rows, columns)` wanted.

    Returns:
        float32, of as many tokens as the new grid has, and the class token.

    Raises:
        RequestError: `old` does not have the tokens of `old_grid`, or a grid
            is empty.

    Example:

    ```python
    import numpy as np
    from zoo.weights.position_embeddings import resample_position_embeddings
    old = np.random.default_rng(0).normal(size=(1 + 14 * 14, 8))
    new = resample_position_embeddings(old, (14, 14), (24, 24))
    assert new.shape == (1 + 24 * 24, 8) and np.allclose(new[0], old[0])
    ```
    """
    old = np.asarray(old, "float64")
    if old.ndim != 2:
        raise RequestError(
            "Position embeddings have shape (tokens, channels). Received: "
            f"{old.shape}"
        )
    if min(*old_grid, *new_grid) < 1:
        raise RequestError(
            "A grid has at least one row and one column of patches. "
            f"Received: `old_grid={old_grid}`, `new_grid={new_grid}`"
        )
    rows, columns = old_grid
    extra = old.shape[0] - rows * columns
    if extra not in (0, 1):
        raise RequestError(
            f"A grid of {rows} x {columns} patches has {rows * columns} "
            "tokens, and one for the class. Received position embeddings of "
            f"shape {old.shape}"
        )
    grid = old[extra:].reshape(rows, columns, -1)
    vertical = _bicubic(rows, new_grid[0])
    horizontal = _bicubic(columns, new_grid[1])
    grid = np.einsum("ir,jc,rcd->ijd", vertical, horizontal, grid)
    tokens = [old[:extra], grid.reshape(-1, old.shape[-1])]
    return np.concatenate(tokens).astype("float32")


def _bicubic(old: int, new: int) -> np.ndarray:
    """The weights, `(new, old)`, of Keys's kernel with a = -1/2."""
    step = old / new
    width = max(step, 1.0)
    centres = (np.arange(new) + 0.5) * step - 0.5
    distance = np.abs(centres[:, None] - np.arange(old)) / width
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    weights = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    return weights / weights.sum(1, keepdims=True)
