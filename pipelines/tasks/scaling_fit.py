"""The scale at which logits make the labels of some pictures likeliest.

Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2:
temperature scaling divides all logits by one number, which changes no answer;
vector scaling has a factor and a shift for each class, and may. Both minimise
the cross-entropy of pictures that the network has not learned from: those that
it has it knows too well.
"""

from collections.abc import Callable

import numpy as np

from pipelines.tasks.softmax import cross_entropy
from pipelines.tasks.softmax import softmax
from zoo.errors import DataError
from zoo.head_scaling import LogitScaling

# Further out lies no temperature, but a set that says nothing of one.
_EDGE = 1e3
# A factor and a shift of a class, out of fewer pictures, are mostly chance.
LEAST_OF_A_CLASS = 10


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> LogitScaling:
    """Fits one number for all logits.

    Args:
        logits: float `(pictures, classes)`.
        labels: int `(pictures,)`.

    Raises:
        DataError: No temperature is the best: all answers are right, or the
            logits say nothing.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.scaling_fit import fit_temperature
    # Sure to 99.99 %, and right three times out of four.
    logits = np.tile([[9.2, 0.0]], (4, 1))
    scaling = fit_temperature(logits, np.array([0, 0, 0, 1]))
    assert round(float(scaling.scale[0] * 9.2), 4) == round(np.log(3), 4)
    ```
    """
    from scipy import optimize

    logits = np.asarray(logits, "float64")
    _check_mistakes(logits, labels)
    edge = np.log(_EDGE)
    found = optimize.minimize_scalar(
        lambda power: cross_entropy(np.exp(power) * logits, labels).mean(),
        bounds=(-edge, edge),
        method="bounded",
        options={"xatol": 1e-9, "maxiter": 500},
    )
    if abs(found.x) > 0.999 * edge:
        raise DataError(
            f"No temperature suits the {len(labels):,} pictures that it is "
            "chosen by: their answers are no better than guesses. Look at the "
            "model, or give other pictures."
        )
    return LogitScaling((float(np.exp(found.x)),))


def fit_vector(logits: np.ndarray, labels: np.ndarray) -> LogitScaling:
    """Fits a factor and a shift for each class.

    Args:
        logits: float `(pictures, classes)`.
        labels: int `(pictures,)`, of each class at least 10.

    Raises:
        DataError: A class has fewer pictures, or as of `fit_temperature`.
    """
    from scipy import optimize

    logits = np.asarray(logits, "float64")
    classes = logits.shape[1]
    _check_counts(labels, classes)
    one = fit_temperature(logits, labels).scale[0]
    shown = np.eye(classes)[labels]

    def loss(numbers):
        scale, shift = numbers[:classes], numbers[classes:]
        changed = scale * logits + shift
        excess = (softmax(changed) - shown) / len(labels)
        slopes = [(excess * logits).sum(axis=0), excess.sum(axis=0)]
        value = cross_entropy(changed, labels).mean()
        return value, np.concatenate(slopes)

    found = optimize.minimize(
        loss,
        np.concatenate([np.full(classes, one), np.zeros(classes)]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(1 / _EDGE, _EDGE)] * classes + [(-_EDGE, _EDGE)] * classes,
        options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-9},
    )
    scale, shift = found.x[:classes], found.x[classes:]
    if ((scale * logits + shift).argmax(axis=1) == labels).all():
        raise DataError(
            f"No factors suit the {len(labels):,} pictures that they are "
            "chosen by: factors and shifts can tell all of them apart. Give "
            "more pictures, or `method=temperature`."
        )
    # Softmax does not see what all shifts have in common.
    shift = shift - shift.mean()
    return LogitScaling(tuple(scale.tolist()), tuple(shift.tolist()))


def scaled(logits: np.ndarray, scaling: LogitScaling | None) -> np.ndarray:
    """Returns logits as a head with that scaling does, in their type.

    Args:
        logits: `(pictures, classes)` of a head without one.
        scaling: None for none.
    """
    if scaling is None:
        return logits
    found = logits * np.asarray(scaling.scale, logits.dtype)
    if scaling.shift:
        found = found + np.asarray(scaling.shift, logits.dtype)
    return found


def _check_mistakes(logits: np.ndarray, labels: np.ndarray) -> None:
    if (logits.argmax(axis=1) == labels).all():
        raise DataError(
            f"All {len(labels):,} pictures that a temperature is chosen by "
            "are told right: they do not say how sure is too sure. Give more "
            "pictures, or harder ones."
        )


def _check_counts(labels: np.ndarray, classes: int) -> None:
    counts = np.bincount(labels, minlength=classes)
    few = np.flatnonzero(counts < LEAST_OF_A_CLASS)
    if len(few):
        raise DataError(
            f"`method=vector` has two numbers for each class, and {len(few):,}"
            f" classes have fewer than {LEAST_OF_A_CLASS} pictures to choose "
            f"them by (class {few[0]}: {counts[few[0]]}). Give more pictures, "
            "or `method=temperature`."
        )


METHODS: dict[str, Callable] = {
    "temperature": fit_temperature,
    "vector": fit_vector,
}
