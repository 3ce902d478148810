"""A linear probe: logistic regression on the features below the head.

Alain and Bengio, "Understanding intermediate layers using linear classifier
probes", 2016; Kornblith et al., "Do Better ImageNet Models Transfer Better?",
2018, section 4.1, for choosing the regularisation by validation.
"""

import dataclasses
import warnings

import numpy as np
from threadpoolctl import threadpool_limits

# Inverse strengths of the L2 penalty on standardised features.
STRENGTHS = tuple(10.0**power for power in range(-5, 3))
FOLDS = 5


@dataclasses.dataclass(frozen=True)
class Probe:
    """A fitted probe, as the weights of a `Dense` layer.

    Args:
        kernel: float32 `(features, classes)`, on features as they are.
        bias: float32 `(classes,)`.
        strength: The chosen inverse strength of the penalty.
        accuracy: Of cross-validation with it, in 0…1.
    """

    kernel: np.ndarray
    bias: np.ndarray
    strength: float
    accuracy: float


@dataclasses.dataclass(frozen=True, eq=False)
class Axes:
    """Standardised features along the directions in which they differ.

    An L2 penalty does not see a rotation: where there are more features than
    pictures, as many axes as pictures hold all there is to know.

    Args:
        mean: float64 `(features,)`.
        scale: float64 `(features,)`: the standard deviations, 1 for 0.
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
        mean, scale = features.mean(axis=0), features.std(axis=0)
        scale[scale == 0] = 1
        plain = (features - mean) / scale
        _, spread, axes = np.linalg.svd(plain, full_matrices=False)
        axes = axes[spread > spread[0] * 1e-9]
        return cls(mean, scale, axes, (plain @ axes.T).astype("float32"))

    def as_dense(self, weights, bias) -> tuple[np.ndarray, np.ndarray]:
        """Returns kernel and bias for features as they are, float32.

        Args:
            weights: `(classes, features)`, of standardised features.
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
    rotated = axes.rotated
    # Threads cost more than such small problems gain by them.
    with threadpool_limits(1):
        strength, accuracy = _choose(rotated, labels, seed)
        model = regression(strength, tol=1e-5).fit(rotated, labels)
    weights, bias = model.coef_ @ axes.axes, model.intercept_
    if classes == 2:
        # One row tells two classes apart; a softmax has one for each.
        weights = np.concatenate([-weights, weights]) / 2
        bias = np.concatenate([-bias, bias]) / 2
    return Probe(*axes.as_dense(weights, bias), strength, accuracy)


def _choose(features, labels, seed: int) -> tuple[float, float]:
    """Returns the best strength and what it reaches in cross-validation."""
    from sklearn.model_selection import StratifiedKFold
    from sklearn.model_selection import cross_val_score

    folds = min(FOLDS, int(np.bincount(labels).min()))
    if folds < 2:
        # One picture a class: nothing can be held out.
        return 1.0, float("nan")
    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    scores = []
    for strength in STRENGTHS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = cross_val_score(
                regression(strength), features, labels, cv=parts
            )
        scores.append(found.mean())
    # Of equally good ones the strongest penalty.
    best = int(np.argmax(scores))
    return STRENGTHS[best], float(scores[best])


def regression(strength: float, tol: float = 1e-2):
    """Returns a logistic regression that is still to be fitted.

    A loose tolerance is enough to compare penalties by.
    """
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, tol=tol, max_iter=1000)
