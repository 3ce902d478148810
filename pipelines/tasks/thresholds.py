"""From which probability on a class is said to be on a picture.

Yang, "A Study on Thresholding Strategies for Text Categorization", 2001,
section 2.3 (SCut): the threshold of each class is the one with the best F1 on
pictures that were not learned from. Of a few pictures the best one is mostly
chance (Lipton et al., "Optimal Thresholding of Classifiers to Maximize F1
Measure", 2014, section 5): rare classes share the threshold that is best for
all classes together.
"""

import numpy as np

# A class that fewer pictures show takes the common threshold.
LEAST = 10
USUAL = 0.5


def choose_thresholds(
    probabilities: np.ndarray, targets: np.ndarray
) -> tuple[float, ...]:
    """Returns a threshold for each class, in 0…1.

    Args:
        probabilities: `(examples, classes)`, of pictures that were neither
            learned from nor are judged by.
        targets: 0 or 1, of the same shape.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.thresholds import choose_thresholds
    shown = np.arange(20)[:, None] >= 10
    found = choose_thresholds(0.2 + 0.1 * shown, shown)
    assert np.allclose(found, 0.25)
    ```
    """
    targets = targets.astype(bool)
    shown = targets.sum(axis=0)
    common = USUAL
    if targets.any():
        common = best_threshold(probabilities.ravel(), targets.ravel())
    return tuple(
        best_threshold(probabilities[:, label], targets[:, label])
        if shown[label] >= LEAST
        else common
        for label in range(targets.shape[1])
    )


def best_threshold(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Returns the threshold with the best F1, half way to the next below.

    Args:
        probabilities: `(decisions,)`.
        targets: bool `(decisions,)`, at least one of them true.
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked = np.append(probabilities[order], 0.0)
    found = np.cumsum(targets[order])
    said = np.arange(1, len(order) + 1)
    f1 = 2 * found / (said + found[-1])
    # Between equal probabilities there is no threshold.
    f1[ranked[:-1] == ranked[1:]] = -1
    best = int(f1.argmax())
    return float((ranked[best] + ranked[best + 1]) / 2)
