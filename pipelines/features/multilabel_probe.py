"""A linear probe of pictures that show several classes: a question for each.

One logistic regression a class, all with the same penalty, which is chosen by
the mean average precision in cross-validation. What each picture is answered
there, by a probe that has not seen it, says where thresholds lie.
"""

import dataclasses

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.data.stratifying import stratify
from pipelines.features.penalty import FOLDS
from pipelines.features.penalty import STRENGTHS
from pipelines.features.penalty import fitted
from pipelines.features.probe import Axes
from pipelines.waiting.work import work
from zoo.errors import DataError


@dataclasses.dataclass(frozen=True)
class MultiLabelProbe:
    """A fitted probe, as the weights of a `Dense` layer.

    Args:
        kernel: float32 `(features, classes)`, on features as they are.
        bias: float32 `(classes,)`.
        strength: The chosen inverse strength of the penalty.
        precision: The mean average precision in cross-validation, in 0…1.
        outputs: `(examples, classes)`: the logit of each picture by a probe
            that was fitted without it.
    """

    kernel: np.ndarray
    bias: np.ndarray
    strength: float
    precision: float
    outputs: np.ndarray


@work("fitting the head")
def fit_multilabel_probe(
    features,
    labels: np.ndarray,
    *,
    seed: int = 0,
    groups=None,
    progress=None,
) -> MultiLabelProbe:
    """Fits a logistic regression for each class.

    Args:
        features: float `(examples, features)`.
        labels: 0 or 1 of shape `(examples, classes)`; a class that none or
            all of the pictures show gets a constant logit.
        seed: Decides the folds.
        groups: int `(examples,)`: what is never on both sides of a fold; each
            picture by itself where None.
        progress: Called with the numbers of penalties tried and in all.

    Raises:
        DataError: All pictures belong together.

    Example:

    ```python
    import numpy as np
    from pipelines.features.multilabel_probe import fit_multilabel_probe
    labels = np.arange(40)[:, None] >> np.arange(2) & 1
    noise = np.random.default_rng(0).normal(size=(40, 2))
    probe = fit_multilabel_probe(noise + 4 * labels, labels)
    assert probe.precision > 0.9
    ```
    """
    axes = Axes.of(features)
    # Threads cost more than such small problems gain by them.
    with threadpool_limits(1):
        part = _parts(labels, seed, groups)
        strength, precision, outputs = _choose(
            axes.rotated, labels, part, progress
        )
        fits = [
            _fit(axes.rotated, column, strength, tol=1e-5)
            for column in labels.T
        ]
    weights = np.stack([weights for weights, _ in fits])
    bias = np.array([bias for _, bias in fits])
    return MultiLabelProbe(
        *axes.as_dense(weights @ axes.axes, bias), strength, precision, outputs
    )


def _parts(labels, seed: int, groups) -> np.ndarray:
    """Deals the pictures out; int `(examples,)`."""
    units = len(labels) if groups is None else len(np.unique(groups))
    folds = min(FOLDS, units)
    if folds < 2:
        raise DataError(
            f"The {len(labels):,} pictures to learn from belong together: "
            "nothing can be held out to choose a penalty and thresholds by."
        )
    shares = np.full(folds, 1 / folds)
    return stratify(labels, shares, groups=groups, seed=seed)


def _choose(
    features, labels, part, progress
) -> tuple[float, float, np.ndarray]:
    """Returns the best strength, what it reaches, and its answers."""
    answers = []
    for done, strength in enumerate(STRENGTHS, start=1):
        answers.append(_answers(features, labels, part, strength))
        if progress:
            progress(done, len(STRENGTHS))
    reached = [_precision(each, labels) for each in answers]
    # Of equally good ones the strongest penalty.
    best = int(np.argmax(reached))
    return STRENGTHS[best], reached[best], answers[best]


def _answers(features, labels, part, strength: float) -> np.ndarray:
    """Logits of each picture by probes fitted to all other parts."""
    found = np.zeros(labels.shape)
    for fold in range(part.max() + 1):
        inside, others = part == fold, part != fold
        for label, column in enumerate(labels.T):
            weights, bias = _fit(features[others], column[others], strength)
            found[inside, label] = features[inside] @ weights + bias
    return found


def _fit(features, shown, strength: float, tol: float = 1e-2):
    """Returns weights and bias of one class."""
    if shown.min() == shown.max():
        # Nothing tells them apart: the log-odds of how many there are.
        odds = (shown.sum() + 0.5) / (len(shown) - shown.sum() + 0.5)
        return np.zeros(features.shape[1]), float(np.log(odds))
    model = fitted(features, shown, strength, tol)
    return model.coef_[0], float(model.intercept_[0])


def _precision(logits, labels) -> float:
    from sklearn.metrics import average_precision_score

    found = [
        average_precision_score(labels[:, label], logits[:, label])
        for label in np.flatnonzero(labels.any(axis=0))
    ]
    return float(np.mean(found)) if found else 0.0
