"""A linear probe: logistic regression on the features below the head.

Alain and Bengio, "Understanding intermediate layers using linear classifier
probes", 2016; Kornblith et al., "Do Better ImageNet Models Transfer Better?",
2018, section 4.1, for choosing the regularisation by validation; Hastie et
al., "The Elements of Statistical Learning", 2009, section 7.10, for taking the
strongest one that is within one standard error of the best.

Features are divided by the root of their spread (Pareto scaling), between as
they are, where a few of them decide how much the others are penalised, and all
alike, where the noise of those that hardly vary is enlarged.
"""

import dataclasses
import warnings

import numpy as np
from threadpoolctl import threadpool_limits

# Inverse strengths of the L2 penalty on scaled features.
STRENGTHS = tuple(10.0**power for power in range(-5, 3))
FOLDS = 5
# Of few pictures, chance decides which fold they are in: they are dealt out so
# often that so many are judged in all.
_REPEATS, _JUDGED = 3, 3_000


@dataclasses.dataclass(frozen=True)
class Probe:
    """A fitted probe, as the weights of a `Dense` layer.

    Args:
        kernel: float32 `(features, classes)`, on features as they are.
        bias: float32 `(classes,)`.
        strength: The chosen inverse strength of the penalty.
        accuracy: Of cross-validation with it, in 0…1; NaN where a class has
            one picture alone.
    """

    kernel: np.ndarray
    bias: np.ndarray
    strength: float
    accuracy: float


@dataclasses.dataclass(frozen=True, eq=False)
class Axes:
    """Scaled features along the directions in which they differ.

    An L2 penalty does not see a rotation: where there are more features than
    pictures, as many axes as pictures hold all there is to know.

    Args:
        mean: float64 `(features,)`.
        scale: float64 `(features,)`: what the features are divided by.
        axes: float64 `(axes, features)`.
        rotated: float32 `(examples, axes)`: the features along the axes.
    """

    mean: np.ndarray
    scale: np.ndarray
    axes: np.ndarray
    rotated: np.ndarray

    @classmethod
    def of(cls, features) -> "Axes":
        """Finds the axes of features `(examples, features)`."""
        features = np.asarray(features, "float64")
        mean, spreads = features.mean(axis=0), features.std(axis=0)
        scale = np.sqrt(spreads * features.std())
        scale[scale == 0] = 1
        plain = (features - mean) / scale
        # One thread adds up in the same order on every machine.
        with threadpool_limits(1):
            _, spread, axes = np.linalg.svd(plain, full_matrices=False)
            axes = axes[spread > spread[0] * 1e-9]
            rotated = (plain @ axes.T).astype("float32")
        return cls(mean, scale, axes, rotated)

    def as_dense(self, weights, bias) -> tuple[np.ndarray, np.ndarray]:
        """Returns kernel and bias for features as they are, float32.

        Args:
            weights: `(classes, features)`, of scaled features.
            bias: `(classes,)`.
        """
        kernel = weights.T / self.scale[:, np.newaxis]
        shifted = bias - self.mean @ kernel
        return kernel.astype("float32"), shifted.astype("float32")


def fit_probe(features, labels, classes: int, *, seed: int = 0) -> Probe:
    """Fits a softmax regression, its penalty chosen by cross-validation.

    Args:
        features: float `(examples, features)`.
        labels: int `(examples,)`; every class occurs.
        classes: How many there are, at least 2.
        seed: Decides the folds.

    Example:

    ```python
    import numpy as np
    from pipelines.features.probe import fit_probe
    labels = np.arange(40) % 2
    features = np.random.default_rng(0).normal(size=(40, 3)) + labels[:, None]
    probe = fit_probe(features, labels, 2)
    right = (features @ probe.kernel + probe.bias).argmax(axis=1) == labels
    assert right.mean() > 0.7
    ```
    """
    axes = Axes.of(features)
    # Threads cost more than such small problems gain by them.
    with threadpool_limits(1):
        strength, accuracy = _choose(axes.rotated, labels, seed)
        model = regression(strength, tol=1e-5).fit(axes.rotated, labels)
    weights, bias = model.coef_ @ axes.axes, model.intercept_
    if classes == 2:
        # One row tells two classes apart; a softmax has one for each.
        weights = np.concatenate([-weights, weights]) / 2
        bias = np.concatenate([-bias, bias]) / 2
    return Probe(*axes.as_dense(weights, bias), strength, accuracy)


def _choose(features, labels, seed: int) -> tuple[float, float]:
    """Returns the strength to take and what it reaches in cross-validation."""
    folds = min(FOLDS, int(np.bincount(labels).min()))
    if folds < 2:
        # One picture a class: nothing can be held out.
        return 1.0, float("nan")
    right = np.zeros((len(STRENGTHS), len(labels)))
    parts = _parts(labels, folds, seed)
    for learned, judged in parts:
        for row, strength in zip(right, STRENGTHS, strict=True):
            model = regression(strength)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.fit(features[learned], labels[learned])
            row[judged] += model.predict(features[judged]) == labels[judged]
    right /= len(parts) / folds
    chosen = strongest(right)
    return STRENGTHS[chosen], float(right[chosen].mean())


def _parts(labels, folds: int, seed: int) -> list:
    """Deals the pictures out, several times where they are few."""
    from sklearn.model_selection import StratifiedKFold

    repeats = min(_REPEATS, max(1, _JUDGED // len(labels)))
    dealer = StratifiedKFold(
        folds, shuffle=True, random_state=np.random.RandomState(seed)
    )
    return [
        part for _ in range(repeats) for part in dealer.split(labels, labels)
    ]


def strongest(right) -> int:
    """Returns the first row that cannot be told from the best one.

    Args:
        right: `(strengths, pictures)`, the strongest penalty first: how often
            a picture was right, in 0…1.

    Example:

    ```python
    import numpy as np
    from pipelines.features.probe import strongest
    right = np.ones((3, 100))
    right[0, :20] = right[1, :4] = right[2, 4:7] = 0
    assert strongest(right) == 1
    ```
    """
    best = right[right.mean(axis=1).argmax()]
    lost = best - right
    errors = lost.std(axis=1) / np.sqrt(right.shape[1])
    return int(np.argmax(lost.mean(axis=1) <= errors))


def regression(strength: float, tol: float = 1e-2):
    """Returns a logistic regression that is still to be fitted.

    A loose tolerance is enough to compare penalties by.
    """
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, tol=tol, max_iter=1000)
