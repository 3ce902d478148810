"""How likely each label is wrong: right labels and random ones, told apart.

A classifier that has not seen a picture gives its classes probabilities q. Its
label is the picture's class, or, with probability e, one drawn at random, as
often as each label occurs:

    p(label | picture) = (1 - e) q(label) + e f(label)

(Lawrence and Schölkopf, "Estimating a Kernel Fisher Discriminant in the
Presence of Label Noise", ICML 2001, section 2, with noise that knows only how
frequent labels are). How sure the classifier may be, a temperature (Guo et
al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2), and e
are those that make the labels likeliest. A classifier that hardly tells the
classes apart becomes unsure by it, and then no label looks wrong: that is how
many doubts are shown, without a threshold on anything but their probability.
"""

import dataclasses

import numpy as np

# From hardly sure to surer than the scores say.
_INVERSE_TEMPERATURES = np.geomspace(0.02, 5, 40)
# At most so many labels are random: most are what somebody saw. And as if one
# of so many more had been found to be: without it, few pictures are explained
# as well by a classifier that is never sure and labels that are never wrong.
_MOST = 0.5
_ONE_OF = 20
_FIRST_GUESS = 0.05
_ITERATIONS = 100
_NO_LESS = 1e-300


@dataclasses.dataclass(frozen=True, eq=False)
class LabelNoise:
    """What the labels of a set are like.

    Args:
        wrong: float `(pictures,)`: how likely each label is wrong, in 0…1.
        probabilities: float `(pictures, classes)`, of the temperature found.
        random: The part of labels that are drawn at random, in 0…0.5; some
            of these are right by chance.
        likelihood: Of the labels, its logarithm for each picture.
    """

    wrong: np.ndarray
    probabilities: np.ndarray
    random: float
    likelihood: float


def estimate_noise(scores: np.ndarray, labels: np.ndarray) -> LabelNoise:
    """Finds the noise that explains labels best.

    Args:
        scores: float `(pictures, classes)`: logits of a classifier that has
            not seen the picture.
        labels: int `(pictures,)`.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.trust.label_noise import estimate_noise
    labels = np.arange(100) % 2
    scores = 8.0 * np.eye(2)[labels]
    labels[7] = 0
    noise = estimate_noise(scores, labels)
    assert np.flatnonzero(noise.wrong > 0.5).tolist() == [7]
    ```
    """
    rows = np.arange(len(labels))
    often = (np.bincount(labels) / len(labels))[labels]
    given = np.stack(
        [softmax(each * scores)[rows, labels] for each in _INVERSE_TEMPERATURES]
    )
    random, likelihood = _random_part(given, often)
    best = int(likelihood.argmax())
    given, random = given[best], random[best]
    mixed = (1 - random) * given + random * often
    return LabelNoise(
        random * often * (1 - given) / mixed,
        softmax(_INVERSE_TEMPERATURES[best] * scores),
        float(random),
        float(likelihood[best]),
    )


def _random_part(given: np.ndarray, often: np.ndarray):
    """Returns the likeliest noise and its likelihood, by steps of EM.

    Args:
        given: `(temperatures, pictures)`: of each label.
        often: `(pictures,)`: how frequent each label is.
    """
    given = np.maximum(given, _NO_LESS)
    count = given.shape[1]
    random = np.full((len(given), 1), _FIRST_GUESS)
    for _ in range(_ITERATIONS):
        drawn = random * often
        drawn /= (1 - random) * given + drawn
        total = drawn.sum(axis=1, keepdims=True) + 1
        random = np.minimum(total / (count + _ONE_OF), _MOST)
    likelihood = np.log((1 - random) * given + random * often).sum(axis=1)
    random = random[:, 0]
    likelihood += np.log(random) + (_ONE_OF - 1) * np.log(1 - random)
    return random, likelihood / count


def softmax(scores: np.ndarray) -> np.ndarray:
    """Returns probabilities, rows that add up to 1."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
