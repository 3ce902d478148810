"""Colour: each level of a picture changed by what the whole picture says.

Pictures are uint8 of shape (height, width, 3) and are changed where they are.
What Pillow's ImageEnhance and ImageOps do, to one level, cutting fractions
off as they do.
"""

import numpy as np

from pipelines.batches.augmenting.compiling import compiled
from pipelines.batches.augmenting.compiling import copy

# ITU-R 601-2, as in Pillow.
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114
# Krizhevsky et al. 2012, section 4.1: the principal components of ImageNet's
# pixels in 0…1, as fb.resnet.torch publishes them.
_EIGENVALUES = np.array((0.2175, 0.0188, 0.0045))
_EIGENVECTORS = np.array(
    (
        (-0.5675, 0.7192, 0.4009),
        (-0.5808, -0.0045, -0.8140),
        (-0.5836, -0.6948, 0.4203),
    )
)
_WHITE = np.float32(255)


@compiled
def brightness(image, factor):
    """Multiplies all levels; 0 is black, 1 changes nothing.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        factor: Not negative.
    """
    _scale(image, np.float32(factor), np.float32(0))


@compiled
def contrast(image, factor):
    """Moves all levels away from the mean grey; 0 is grey all over.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        factor: Not negative.
    """
    mean = np.floor(mean_grey(image) + 0.5)
    _scale(image, np.float32(factor), np.float32((1 - factor) * mean))


@compiled
def saturation(image, factor):
    """Moves colours away from their grey; 0 is a picture without colour.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        factor: Not negative.
    """
    _mix_with_grey(image, factor, 1 - factor, 0.0)


@compiled
def sharpness(image, spare, factor):
    """Moves levels away from their neighbours' mean; below 1 it blurs.

    The kernel is Pillow's SMOOTH, (1 1 1; 1 5 1; 1 1 1) / 13; the outermost
    pixels are left alone.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        spare: Another of the same kind, overwritten.
        factor: Not negative.
    """
    copy(image, spare)
    share = np.float32((1 - factor) / 13)
    columns = np.empty(3 * image.shape[1], np.float32)
    for y in range(1, image.shape[0] - 1):
        _add_up(
            spare[y - 1].reshape(-1),
            spare[y].reshape(-1),
            spare[y + 1].reshape(-1),
            columns,
        )
        _move_away(
            columns,
            spare[y].reshape(-1)[3:-3],
            share,
            image[y].reshape(-1)[3:-3],
        )


@compiled
def _add_up(above, here, below, columns):
    for i in range(len(columns)):
        columns[i] = (
            np.float32(above[i]) + np.float32(here[i]) + np.float32(below[i])
        )


@compiled
def _move_away(columns, own, share, out):
    left, middle, right = columns, columns[3:], columns[6:]
    for i in range(len(out)):
        level = np.float32(own[i])
        total = left[i] + middle[i] + right[i] - np.float32(9) * level
        out[i] = _cut(level + share * total)


@compiled
def posterize(image, bits):
    """Keeps only the first bits of every level.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        bits: int in 0…8.
    """
    mask = np.uint8(256 - (1 << (8 - np.int64(bits))))
    levels = image.reshape(-1)
    for i in range(len(levels)):
        levels[i] &= mask


@compiled
def solarize(image, threshold):
    """Inverts the levels from a threshold on.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        threshold: In 0…256; at 256 nothing changes.
    """
    first = np.int64(np.ceil(threshold))
    levels = image.reshape(-1)
    for i in range(len(levels)):
        # Minus one has all bits set: they change where it is bright enough.
        levels[i] ^= np.uint8(-(levels[i] >= first))


@compiled
def autocontrast(image):
    """Spreads each channel's levels over 0…255.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
    """
    counts = _histograms(image)
    table = np.empty((3, 256), np.uint8)
    for channel in range(3):
        levels = np.flatnonzero(counts[channel])
        low, high = levels[0], levels[-1]
        scale = 255 / (high - low) if high > low else 1.0
        offset = -low * scale if high > low else 0.0
        for level in range(256):
            # A thousandth, because 255 may come out as 254.9999.
            spread = np.float32(level * scale + offset + 1e-3)
            table[channel, level] = _cut(spread)
    _look_up(image, table)


@compiled
def equalize(image):
    """Makes each channel's levels as frequent as one another, as Pillow.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
    """
    counts = _histograms(image)
    table = np.empty((3, 256), np.uint8)
    for channel in range(3):
        last = np.flatnonzero(counts[channel])[-1]
        step = (counts[channel].sum() - counts[channel, last]) // 255
        before = step // 2
        for level in range(256):
            equal = min(before // step, 255) if step > 0 else level
            table[channel, level] = equal
            before += counts[channel, level]
    _look_up(image, table)


@compiled
def jitter(image, light, away, colourful):
    """Changes brightness, contrast and saturation at once, and rounds.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        light: The factor of brightness.
        away: The factor of contrast.
        colourful: The factor of saturation.
    """
    offset = (1 - away) * light * mean_grey(image)
    own = light * away * colourful
    _mix_with_grey(image, own, light * away - own, offset + 0.5)


@compiled
def add(image, red, green, blue):
    """Adds a colour to every pixel, and rounds.

    Args:
        image: uint8 `(height, width, 3)`, which is changed.
        red: In levels, as the others.
        green: Likewise.
        blue: Likewise.
    """
    table = np.empty((3, 256), np.uint8)
    for level in range(256):
        table[0, level] = _cut(np.float32(level + red + 0.5))
        table[1, level] = _cut(np.float32(level + green + 0.5))
        table[2, level] = _cut(np.float32(level + blue + 0.5))
    _look_up(image, table)


def lighting(factors: np.ndarray) -> np.ndarray:
    """Returns colours along the principal components of ImageNet.

    Krizhevsky et al. 2012, section 4.1, where factors have a standard
    deviation of 0.1.

    Args:
        factors: float64 `(…, 3)`: one for each component.

    Returns:
        float64 `(…, 3)`: what `add` takes.
    """
    return 255 * (factors * _EIGENVALUES) @ _EIGENVECTORS.T


@compiled
def mean_grey(image):
    """Returns the mean grey level of a picture, float64."""
    levels = image.reshape(-1)
    red, green, blue = np.int64(0), np.int64(0), np.int64(0)
    for i in range(len(levels) // 3):
        red += levels[3 * i]
        green += levels[3 * i + 1]
        blue += levels[3 * i + 2]
    total = _RED * red + _GREEN * green + _BLUE * blue
    return total / (len(levels) // 3)


@compiled
def _scale(image, factor, offset):
    levels = image.reshape(-1)
    for i in range(len(levels)):
        levels[i] = _cut(np.float32(levels[i]) * factor + offset)


@compiled
def _mix_with_grey(image, own, grey, offset):
    """Makes each level own * level + grey * (the pixel's grey) + offset."""
    red, green, blue = (
        np.float32(grey * _RED),
        np.float32(grey * _GREEN),
        np.float32(grey * _BLUE),
    )
    # A thousandth, because what is 50 may come out as 49.9999.
    own, rest = np.float32(own), np.float32(offset + 1e-3)
    levels = image.reshape(-1)
    for i in range(len(levels) // 3):
        r = np.float32(levels[3 * i])
        g = np.float32(levels[3 * i + 1])
        b = np.float32(levels[3 * i + 2])
        common = red * r + green * g + blue * b + rest
        levels[3 * i] = _cut(common + own * r)
        levels[3 * i + 1] = _cut(common + own * g)
        levels[3 * i + 2] = _cut(common + own * b)


@compiled
def _cut(x):
    return np.uint8(np.int32(min(max(x, np.float32(0)), _WHITE)))


@compiled
def _histograms(image):
    """Returns how often each level is there, int64 `(3, 256)`."""
    # Two of each, in turn: neighbours are alike, and adding to the number
    # that has just been written waits for it.
    counts = np.zeros((2, 3, 256), np.int64)
    levels = image.reshape(-1)
    for i in range(len(levels) // 3):
        counts[i & 1, 0, levels[3 * i]] += 1
        counts[i & 1, 1, levels[3 * i + 1]] += 1
        counts[i & 1, 2, levels[3 * i + 2]] += 1
    return counts[0] + counts[1]


@compiled
def _look_up(image, table):
    red, green, blue = table[0], table[1], table[2]
    levels = image.reshape(-1)
    for i in range(len(levels) // 3):
        levels[3 * i] = red[levels[3 * i]]
        levels[3 * i + 1] = green[levels[3 * i + 1]]
        levels[3 * i + 2] = blue[levels[3 * i + 2]]
