"""How well known a picture looks by its logits alone; higher is better known.

The scores are of logits as they were learned or calibrated: a temperature
changes `msp` and `energy`, as it does whatever is read out of probabilities.
"""

from collections.abc import Callable

import numpy as np

from pipelines.tasks.softmax import softmax


def msp(logits: np.ndarray) -> np.ndarray:
    """The largest probability (Hendrycks and Gimpel, ICLR 2017), in 0…1."""
    return softmax(logits).max(axis=1)


def max_logit(logits: np.ndarray) -> np.ndarray:
    """The largest logit (Hendrycks et al., ICML 2022)."""
    return logits.astype("float64").max(axis=1)


def energy(logits: np.ndarray) -> np.ndarray:
    """The negative free energy at temperature 1 (Liu et al., NeurIPS 2020).

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.trust.logit_scores import energy
    assert energy(np.zeros((1, 4)))[0] == np.log(4)
    ```
    """
    return np.logaddexp.reduce(logits.astype("float64"), axis=1)


LOGIT_SCORES: dict[str, Callable] = {
    "msp": msp,
    "max_logit": max_logit,
    "energy": energy,
}
