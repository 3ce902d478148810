"""Models whose answers are no numbers, which say nothing."""

import numpy as np
import tensorflow as tf

from pipelines.tasks.row_blocks import by_blocks
from zoo.errors import IntegrityError


def check_finite(name: str, outputs) -> None:
    """Refuses a model that is broken.

    The likeliest of NaN is the first class, which would count as a guess.

    Args:
        name: What the model is called.
        outputs: What it returns of some pictures, whose axis comes first.

    Raises:
        IntegrityError: Answers are no finite numbers.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.finite import check_finite
    check_finite("net", np.zeros((3, 2)))
    ```
    """
    parts = tf.nest.flatten(outputs)
    bad = sum(by_blocks(_is_broken, part) for part in parts)
    if np.any(bad):
        raise IntegrityError(
            f"The model {name!r} answers {np.count_nonzero(bad):,} of "
            f"{len(bad):,} pictures with NaN or infinity: its weights cannot "
            "be used. Take an earlier checkpoint."
        )


def _is_broken(rows: np.ndarray) -> np.ndarray:
    return ~np.isfinite(rows.reshape(len(rows), -1)).all(axis=1)
