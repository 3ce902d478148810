"""A linear probe: logistic regression on the features below the head.

Alain and Bengio, "Understanding intermediate layers using linear classifier
probes", 2016; Kornblith et al., "Do Better ImageNet Models Transfer Better?",
2018, section 4.1, for choosing the regularisation by validation; Hastie et
al., "The Elements of Statistical Learning", 2009, section 7.10, for taking the
strongest one that is within one standard error of the best.

Features are divided by the root of their spread (Pareto scaling), between as
they are, where a few of them decide how much the others are penalised, and all
alike, where the noise of those that hardly vary is enlarged.

Penalties are compared on at most `MOST` pictures, with as large a part of each
class: choosing among eight by five folds takes forty times as long as the fit
that follows.
"""

import dataclasses
import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.waiting.work import work
from zoo.errors import DataError

# Inverse strengths of the L2 penalty on scaled features.
STRENGTHS = tuple(10.0**power for power in range(-5, 3))
FOLDS = 5
# Of few pictures, chance decides which fold they are in: they are dealt out so
# often that so many are judged in all.
_REPEATS, _JUDGED = 3, 3_000
# Pictures that penalties are compared on.
MOST = 5_000


@dataclasses.dataclass(frozen=True)
class Probe:
    """A fitted probe, as the weights of a `Dense` layer.

    Args:
        kernel: float32 `(features, classes)`, on features as they are.
        bias: float32 `(classes,)`.
        strength: The chosen inverse strength of the penalty.
        accuracy: Of cross-validation with it, in 0…1; NaN where no class has
            more than one picture.
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
        scale = np.sqrt(spreads * np.sqrt((spreads**2).mean()))
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
        strength, accuracy = _choose(
            axes.rotated[chosen],
            labels[chosen],
            _parts(
                labels[chosen], seed, None if groups is None else groups[chosen]
            ),
            progress,
        )
        model = regression(strength, tol=1e-5).fit(axes.rotated, labels)
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


def _choose(features, labels, parts, progress) -> tuple[float, float]:
    """Returns the strength to take and what it reaches in cross-validation."""
    if not parts:
        return 1.0, float("nan")
    right = np.zeros((len(STRENGTHS), len(labels)))
    times = np.zeros(len(labels))
    fits = [(part, i) for part in parts for i in range(len(STRENGTHS))]
    for done, ((learned, judged), i) in enumerate(fits, start=1):
        model = regression(STRENGTHS[i])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(features[learned], labels[learned])
        right[i, judged] += model.predict(features[judged]) == labels[judged]
        times[judged] += i == 0
        if progress:
            progress(done, len(fits))
    right = right[:, times > 0] / times[times > 0]
    chosen = strongest(right)
    return STRENGTHS[chosen], float(right[chosen].mean())


def _parts(labels, seed: int, groups=None) -> list:
    """Deals pictures out into folds, several times where they are few.

    A class of one picture is always learned from and never judged.

    Returns:
        Places to learn from and to judge, for each fold; none where nothing
        can be held out.
    """
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.model_selection import StratifiedKFold

    counts = np.bincount(labels)
    lone = np.flatnonzero(counts[labels] < 2)
    rest = np.flatnonzero(counts[labels] >= 2)
    grouped = None if groups is None else np.asarray(groups)[rest]
    units = len(rest) if grouped is None else len(np.unique(grouped))
    folds = min(FOLDS, int(counts.max()), units)
    if folds < 2 or len(np.unique(labels[rest])) < 2:
        return []
    repeats = min(_REPEATS, max(1, _JUDGED // len(labels)))
    kind = StratifiedKFold if grouped is None else StratifiedGroupKFold
    dealer = kind(folds, shuffle=True, random_state=np.random.RandomState(seed))
    with warnings.catch_warnings():
        # Of a class with fewer pictures than folds.
        warnings.simplefilter("ignore")
        dealt = [
            part
            for _ in range(repeats)
            for part in dealer.split(rest, labels[rest], grouped)
        ]
    return [
        (np.concatenate([rest[learned], lone]), rest[judged])
        for learned, judged in dealt
        if len(np.unique(labels[rest[learned]])) > 1
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
