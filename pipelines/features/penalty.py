"""Which penalty a linear probe takes: the strongest that cannot be told apart.

Kornblith et al., "Do Better ImageNet Models Transfer Better?", 2018, section
4.1, for choosing it by validation; Hastie et al., "The Elements of Statistical
Learning", 2009, section 7.10, for taking the strongest one that is within one
standard error of the best.

What decides is the likelihood of the right class, which goes on telling
penalties apart where they are right as often. Odds of `_SURE` and more count
alike: classes that a plane tells apart would have no penalty at all otherwise.
"""

import warnings

import numpy as np

# Inverse strengths of the L2 penalty on scaled features.
STRENGTHS = tuple(10.0**power for power in range(-5, 3))
FOLDS = 5
# Of few pictures, chance decides which fold they are in: they are dealt out so
# often that so many are judged in all.
_REPEATS, _JUDGED = 3, 3_000
# Being surer of the right class than that is no gain, and a single picture
# must not decide.
_SURE, _SURPRISED = 0.9, 1e-6


def choose_penalty(
    features, labels, *, seed: int, groups=None, progress=None
) -> tuple[float, float]:
    """Chooses a penalty by cross-validation.

    Args:
        features: float32 `(examples, features)`, scaled.
        labels: int `(examples,)`.
        seed: Decides the folds.
        groups: int `(examples,)`: what is never on both sides of a fold.
        progress: Called with the numbers of fits done and in all.

    Returns:
        The inverse strength, and what it reaches, in 0…1; NaN where nothing
        can be held out: too few pictures of a class, or groups.

    Example:

    ```python
    import numpy as np
    from pipelines.features.penalty import choose_penalty
    labels = np.arange(40) % 2
    noise = np.random.default_rng(0).normal(size=(40, 3))
    signal = noise + 3 * labels[:, None]
    strength, reached = choose_penalty(signal.astype("float32"), labels, seed=0)
    assert 0.9 < reached <= 1
    ```
    """
    parts = _parts(labels, seed, groups)
    if not parts:
        return 1.0, float("nan")
    right, loss = np.zeros((2, len(STRENGTHS), len(labels)))
    times = np.zeros(len(labels))
    fits = [(part, i) for part in parts for i in range(len(STRENGTHS))]
    for done, ((learned, judged), i) in enumerate(fits, start=1):
        model = fitted(features[learned], labels[learned], STRENGTHS[i])
        odds = model.predict_proba(features[judged])
        named = model.classes_[odds.argmax(axis=1)]
        right[i, judged] += named == labels[judged]
        loss[i, judged] += _surprise(model.classes_, odds, labels[judged])
        times[judged] += i == 0
        if progress:
            progress(done, len(fits))
    seen = times > 0
    chosen = strongest(loss[:, seen] / times[seen])
    return STRENGTHS[chosen], float((right[chosen, seen] / times[seen]).mean())


def fitted(features, labels, strength: float, tol: float = 1e-2):
    """Fits a logistic regression.

    Args:
        features: float32 `(examples, features)`.
        labels: int `(examples,)`.
        strength: The inverse of the penalty.
        tol: A loose one is enough to compare penalties by.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, tol=tol, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(features, labels)


def _surprise(classes, odds, labels) -> np.ndarray:
    """Cross-entropy of each picture, in nats.

    A class of which a fold had nothing to learn from is not among the columns.
    """
    own = np.where(classes == labels[:, np.newaxis], odds, 0).max(axis=1)
    return -np.log(np.clip(own, _SURPRISED, _SURE))


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
        # Groups of very different sizes leave a fold empty.
        if len(judged) and len(np.unique(labels[rest[learned]])) > 1
    ]


def strongest(losses) -> int:
    """Returns the first row that cannot be told from the best one.

    Args:
        losses: `(strengths, pictures)`, the strongest penalty first: what
            each picture loses.

    Example:

    ```python
    import numpy as np
    from pipelines.features.penalty import strongest
    losses = np.full((3, 100), 0.1)
    losses[0] += 0.5
    losses[1, :50] += 0.1
    losses[1, 50:] -= 0.09
    assert strongest(losses) == 1
    ```
    """
    best = losses[losses.mean(axis=1).argmin()]
    lost = losses - best
    errors = lost.std(axis=1) / np.sqrt(losses.shape[1])
    return int(np.argmax(lost.mean(axis=1) <= errors))
