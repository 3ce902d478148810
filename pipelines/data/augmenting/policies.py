"""RandAugment, TrivialAugment and AugMix: operations drawn at random.

Each is a record that is called with a picture, uint8 of shape (height, width,
3), and a seed, int `(2,)`, and returns a picture of the same kind.
"""

import dataclasses

import tensorflow as tf

from pipelines.data.augmenting.operations import OPERATIONS
from pipelines.data.augmenting.operations import Ranges
from pipelines.data.augmenting.operations import apply_operation
from pipelines.data.images import to_uint8

LEVELS = 30
_PLAIN = Ranges(
    shear=0.3, translate=150 / 331, rotate=30.0, enhance=0.9, posterize=4
)
_WIDE = Ranges(
    shear=0.99, translate=32, rotate=135.0, enhance=0.99, posterize=6
)
_MIXED = Ranges(
    shear=0.3, translate=1 / 3, rotate=30.0, enhance=0.9, posterize=4
)
# AugMix leaves out what the usual corruption benchmarks test.
_MIXED_OPERATIONS = tuple(
    OPERATIONS.index(name)
    for name in OPERATIONS
    if name not in ("brightness", "saturation", "contrast", "sharpness")
    and name != "identity"
)
_CHAINS = 3


@dataclasses.dataclass(frozen=True)
class RandAugment:
    """Some operations one after another, all of one strength.

    Cubuk et al., "RandAugment", 2019, section 3.

    Args:
        layers: How many operations a picture goes through.
        magnitude: How strong they are, in 0…30.
    """

    layers: int = 2
    magnitude: float = 9

    def __call__(self, image, seed):
        drawn = tf.random.stateless_uniform((self.layers, 2), seed)
        numbers = _choose(drawn[:, 0], len(OPERATIONS))
        level = tf.constant(self.magnitude / LEVELS)
        for layer in range(self.layers):
            image = apply_operation(
                image, numbers[layer], level, _sign(drawn[layer, 1]), _PLAIN
            )
        return image


@dataclasses.dataclass(frozen=True)
class TrivialAugment:
    """One operation of any strength; nothing to be tuned.

    Müller and Hutter, "TrivialAugment", 2021, section 3, the wide space.
    """

    def __call__(self, image, seed):
        drawn = tf.random.stateless_uniform((3,), seed)
        level = tf.cast(_choose(drawn[1], LEVELS + 1), tf.float32) / LEVELS
        number = _choose(drawn[0], len(OPERATIONS))
        return apply_operation(image, number, level, _sign(drawn[2]), _WIDE)


@dataclasses.dataclass(frozen=True)
class AugMix:
    """Three short chains of operations, mixed with the picture itself.

    Hendrycks et al., "AugMix", 2019, section 3, with a concentration of 1.
    Without the consistency loss, which is a matter of the training step.

    Args:
        severity: How strong operations are, in 1…10.
        depth: The longest chain; each has 1…depth operations.
    """

    severity: int = 3
    depth: int = 3

    def __call__(self, image, seed):
        shape = (_CHAINS, self.depth, 3)
        drawn = tf.random.stateless_uniform(shape, seed)
        # Its own numbers: weights, lengths of the chains, and the mix.
        mixed = tf.random.stateless_uniform(
            (_CHAINS + 1, 2), seed + tf.constant([1, 0], seed.dtype), 1e-7, 1
        )
        # Dirichlet(1, 1, 1) is exponential numbers divided by their sum.
        weights = -tf.math.log(mixed[:_CHAINS, 0])
        weights *= mixed[_CHAINS, 0] / tf.reduce_sum(weights)
        lengths = 1 + _choose(mixed[:_CHAINS, 1], self.depth)
        total = (1 - mixed[_CHAINS, 0]) * tf.cast(image, tf.float32)
        for chain in range(_CHAINS):
            changed = self._chain(image, drawn[chain], lengths[chain])
            total += weights[chain] * tf.cast(changed, tf.float32)
        return to_uint8(total)

    def _chain(self, image, drawn, length):
        choice = _choose(drawn[:, 0], len(_MIXED_OPERATIONS))
        numbers = tf.gather(_MIXED_OPERATIONS, choice)
        levels = tf.cast(_choose(drawn[:, 1], self.severity), tf.float32) / 9

        def longer(i, changed):
            sign = _sign(drawn[i, 2])
            return i + 1, apply_operation(
                changed, numbers[i], levels[i], sign, _MIXED
            )

        return tf.while_loop(
            lambda i, _: i < length, longer, (tf.constant(0), image)
        )[1]


def _choose(uniform, count: int):
    """Turns numbers in [0, 1) into integers in 0…count-1."""
    return tf.minimum(tf.cast(uniform * count, tf.int32), count - 1)


def _sign(uniform):
    return tf.where(uniform < 0.5, -1.0, 1.0)
