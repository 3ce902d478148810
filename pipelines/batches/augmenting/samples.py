"""The pictures of some samples: what happens to them is drawn, then painted."""

import numpy as np
import tensorflow as tf

from pipelines.batches.augmenting import steps
from pipelines.batches.augmenting.chance import Chance
from pipelines.batches.augmenting.chance import choose
from pipelines.batches.augmenting.colour import lighting
from pipelines.batches.augmenting.painting import paint
from pipelines.data.tf_data import call_python

# Streams of random numbers; the crop's are those of its own operation.
_SHIFT, _FLIP, _COLOUR, _LIGHTING, _POLICY, _ERASING, _PATCH = range(7)


def paint_samples(parts, seed, samples, policy, size: int, decoded=None):
    """Makes the pictures of some samples, all in one call.

    Args:
        parts: What each sample shows, a `pipelines.batches.decoded.Part`.
        seed: Scalar int64: the run's seed.
        samples: int64 `(samples,)`: their numbers.
        policy: What is done, a `pipelines.batches.augmentation.Augmentation`.
        size: The new height and width, in pixels.
        decoded: What holds the pixels, where the parts do not.

    Returns:
        uint8 `(samples, size, size, 3)`.
    """
    pixels = [part.pixels for part in parts] if decoded is None else []
    views = tf.stack([part.view for part in parts])

    def change(seed, samples, views, *pixels):
        chance = Chance(int(seed), samples)
        where = pixels if decoded is None else [decoded.pixels]
        return _paint(where, views, chance, policy, size)

    images = call_python(change, [seed, samples, views, *pixels], tf.uint8)
    return tf.ensure_shape(images, (len(parts), size, size, 3))


def _paint(pixels, views, chance: Chance, policy, size: int):
    if policy.patch > 1:
        views = _patches(views, chance, size)
    mirrored = np.zeros(len(chance), bool)
    if policy.flip:
        mirrored = chance.uniform(_FLIP, 1)[:, 0] < 0.5
    return paint(pixels, views, mirrored, _steps(policy, chance, size), size)


def _patches(views, chance: Chance, size: int) -> np.ndarray:
    """Chooses `size` x `size` pixels out of each view.

    Krizhevsky et al. 2012, section 4.1: of 256 pixels 224, 32 places each
    way, with mirroring 2,048 views of one picture.
    """
    start, stride, height, width = views.T
    places = np.maximum(np.stack([height, width], axis=1) - size, 1)
    top, left = (chance.uniform(_PATCH, 2) * places).astype("int64").T
    start = start + top * stride + 3 * left
    sides = np.full_like(start, size)
    return np.stack([start, stride, sides, sides], axis=1)


def _steps(policy, chance: Chance, size: int) -> np.ndarray:
    """Draws what happens to the pictures after they are cut and mirrored."""
    columns = [steps.none(len(chance))]
    if policy.shift:
        columns.append(_shift(policy.shift, chance, size))
    if policy.colour:
        factors = 1 + policy.colour * (2 * chance.uniform(_COLOUR, 3) - 1)
        columns.append(steps.step(steps.JITTER, *factors.T))
    if policy.lighting:
        colours = lighting(policy.lighting * chance.normal(_LIGHTING, 3))
        columns.append(steps.step(steps.ADD, *colours.T))
    if policy.policy:
        columns.append(policy.policy.draw(chance, _POLICY, size))
    if policy.erasing:
        columns.append(policy.erasing.draw(chance, _ERASING, size))
    return steps.in_turn(*columns)


def _shift(part: float, chance: Chance, size: int) -> np.ndarray:
    """Pads with black on every side and cuts the same size out at random.

    He et al. 2015, section 4.2, with 4 pixels for pictures of 32.
    """
    border = max(1, round(part * size))
    drawn = choose(chance.uniform(_SHIFT, 2), 2 * border + 1) - border
    return steps.step(steps.WARP, 1, 0, drawn[:, 0], 0, 1, drawn[:, 1])
