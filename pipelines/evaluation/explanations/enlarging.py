"""Maps made as large as the pictures that they are of."""

import numpy as np
from PIL import Image


def enlarged(maps: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """Enlarges maps bilinearly, half a pixel being half a pixel.

    Args:
        maps: `(maps, height, width)`, neither larger than `sides`.
        sides: `(height, width)` of the pictures.

    Returns:
        float32 `(maps, *sides)`.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.explanations.enlarging import enlarged
    found = enlarged(np.array([[[0.0, 1.0]]]), (1, 4))
    assert found.tolist() == [[[0, 0.25, 0.75, 1]]]
    ```
    """
    height, width = sides
    return np.stack(
        [
            Image.fromarray(np.asarray(each, "float32")).resize(
                (width, height), Image.Resampling.BILINEAR
            )
            for each in maps
        ]
    )


def heat(maps: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """Returns where maps speak for what is asked: enlarged, at least 0.

    Args:
        maps: As of `enlarged`.
        sides: Likewise.
    """
    return np.maximum(enlarged(maps, sides), 0)
