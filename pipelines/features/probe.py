"""A linear probe: logistic regression on the features below the head.

Alain and Bengio, "Understanding intermediate layers using linear classifier
probes", 2016.

All features are divided by one number, so that penalties mean the same for
every network. Features that hardly vary stay small: divided by their own spread
their noise is enlarged. That was chosen on halves of pictures to learn from
(docs/transfer.md).

Penalties are compared on at most `MOST` pictures, with as large a part of each
class: choosing among eight by five folds takes forty times as long as the fit
that follows.
"""

import dataclasses

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.features.penalty import choose_penalty
from pipelines.features.penalty import fitted
from pipelines.waiting.work import work
from zoo.errors import DataError

# Pictures that penalties are compared on.
MOST = 5_000


@dataclasses.dataclass(frozen=True)
class Probe:
    """A fitted probe, as the weights of a `Dense` layer.

    Args:
        kernel: float32 `(features, classes)`, on features as they are.
        bias: float32 `(classes,)`.
        strength: The chosen inverse strength of the penalty.
        accuracy: Of cross-validation with it, in 0…1; NaN where nothing can
            be held out.
        judged: Pictures of that.
    """

    kernel: np.ndarray
    bias: np.ndarray
    strength: float
    accuracy: float
    judged: int


@dataclasses.dataclass(frozen=True, eq=False)
class Axes:
    """Scaled features along the directions in which they differ.

    An L2 penalty does not see a rotation: where there are more features than
    pictures, as many axes as pictures hold all there is to know.

    Args:
        mean: float64 `(features,)`.
        scale: What all features are divided by: the root of their mean
            variance.
        axes: float64 `(axes, features)`.
        rotated: float32 `(examples, axes)`: the features along the axes.
    """

    mean: np.ndarray
    scale: float
    axes: np.ndarray
    rotated: np.ndarray

    @classmethod
    def of(cls, features) -> "Axes":
        """Finds the axes of features `(examples, features)`."""
        features = np.asarray(features, "float64")
        mean = features.mean(axis=0)
        scale = float(np.sqrt(features.var(axis=0).mean())) or 1.0
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
        kernel = weights.T / self.scale
        shifted = bias - self.mean @ kernel
        return kernel.astype("float32"), shifted.astype("float32")


@work("fitting the head", "fit")
def fit_probe(
    features,
    labels,
    classes: int,
    *,
    seed: int = 0,
    groups=None,
    progress=None,
) -> Probe:
    """Fits a softmax regression, its penalty chosen by cross-validation.

    Args:
        features: float `(examples, features)`.
        labels: int `(examples,)`; every class occurs.
        classes: How many there are, at least 2.
        seed: Decides the folds.
        groups: int `(examples,)`: what is never on both sides of a fold; each
            picture by itself where None.
        progress: Called with the numbers of fits done and in all.

    Raises:
        DataError: The features are no numbers, or those of all pictures are
            alike.

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
    if not can_be_told_apart(features):
        raise DataError(
            "The features of the pictures are all alike, or no numbers: no "
            "classifier can tell them apart. Give other weights."
        )
    axes, labels = Axes.of(features), np.asarray(labels)
    chosen = some_of_each(labels, MOST, seed)
    # Threads cost more than such small problems gain by them.
    with threadpool_limits(1):
        strength, accuracy = choose_penalty(
            axes.rotated[chosen],
            labels[chosen],
            seed=seed,
            groups=None if groups is None else np.asarray(groups)[chosen],
            progress=progress,
        )
        model = fitted(axes.rotated, labels, strength, tol=1e-5)
    weights, bias = model.coef_ @ axes.axes, model.intercept_
    if classes == 2:
        # One row tells two classes apart; a softmax has one for each.
        weights = np.concatenate([-weights, weights]) / 2
        bias = np.concatenate([-bias, bias]) / 2
    return Probe(*axes.as_dense(weights, bias), strength, accuracy, len(chosen))


def can_be_told_apart(features) -> bool:
    """Whether features are finite and differ."""
    features = np.asarray(features)
    return bool(
        np.isfinite(features).all() and (features.std(axis=0) > 0).any()
    )


def some_of_each(labels, most: int, seed: int) -> np.ndarray:
    """Returns the places of some pictures, as large a part of each class.

    Of every class there are two, where it has as many.

    Args:
        labels: int `(examples,)`.
        most: How many, all of them where there are no more; more where there
            are many classes.
        seed: The same pictures for the same seed.

    Example:

    ```python
    import numpy as np
    from pipelines.features.probe import some_of_each
    labels = np.array([0] * 90 + [1] * 9 + [2])
    found = labels[some_of_each(labels, 20, seed=0)]
    assert np.bincount(found).tolist() == [17, 2, 1]
    ```
    """
    counts = np.bincount(labels)
    most = max(most, int(np.minimum(counts, 2).sum()))
    if len(labels) <= most:
        return np.arange(len(labels))
    mixed = np.random.default_rng(seed).permutation(len(labels))
    by_class = mixed[np.argsort(labels[mixed], kind="stable")]
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(labels)) - starts[labels[by_class]]
    share = np.where(rank < 2, -1.0, rank / counts[labels[by_class]])
    return np.sort(by_class[np.argsort(share, kind="stable")[:most]])
