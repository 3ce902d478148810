"""Weights that are no numbers: NaN and infinity."""

import numpy as np

from zoo.errors import IntegrityError


def not_finite(arrays) -> list[str]:
    """Returns the names of the arrays that hold NaN or infinity.

    Args:
        arrays: By name; NumPy's, or variables.

    Example:

    ```python
    import numpy as np
    from zoo.weights.finite import not_finite
    assert not_finite({"a": np.ones(2), "b": np.array([1, np.inf])}) == ["b"]
    ```
    """
    return [name for name, value in arrays.items() if not _is_finite(value)]


def _is_finite(value) -> bool:
    value = np.asarray(value)
    if value.dtype.kind in "iub":
        return True
    # bfloat16 is no kind that NumPy tests.
    value = value.astype("float32") if value.dtype.kind == "V" else value
    # The sum of squares is one pass, and is infinite for large weights only.
    with np.errstate(all="ignore"):
        total = np.vdot(value, value)
    return bool(np.isfinite(total) or np.isfinite(value).all())


def check_finite(where, arrays) -> None:
    """Refuses weights that are no numbers.

    Args:
        where: The file, for the message.
        arrays: By name.

    Raises:
        IntegrityError: Some are NaN or infinite.
    """
    bad = not_finite(arrays)
    if bad:
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise IntegrityError(
            f"{where} holds weights that are no finite numbers: {bad[0]}"
            f"{more}. Take an earlier checkpoint, or train it again."
        )
