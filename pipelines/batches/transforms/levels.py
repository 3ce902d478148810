"""What colour transforms share: loops over the levels of a picture.

Pictures are uint8 of shape (height, width, 3) and are changed where they are.
What Pillow's ImageEnhance and ImageOps do, to one level, cutting fractions
off as they do.
"""

import numpy as np

from pipelines.batches.transforms.compiling import compiled

# ITU-R 601-2, as in Pillow.
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114
_WHITE = np.float32(255)


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
def scale(image, factor, offset):
    levels = image.reshape(-1)
    for i in range(len(levels)):
        levels[i] = cut(np.float32(levels[i]) * factor + offset)


@compiled
def mix_with_grey(image, own, grey, offset):
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
        levels[3 * i] = cut(common + own * r)
        levels[3 * i + 1] = cut(common + own * g)
        levels[3 * i + 2] = cut(common + own * b)


@compiled
def histograms(image):
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
def look_up(image, table):
    red, green, blue = table[0], table[1], table[2]
    levels = image.reshape(-1)
    for i in range(len(levels) // 3):
        levels[3 * i] = red[levels[3 * i]]
        levels[3 * i + 1] = green[levels[3 * i + 1]]
        levels[3 * i + 2] = blue[levels[3 * i + 2]]


@compiled
def cut(x):
    return np.uint8(np.int32(min(max(x, np.float32(0)), _WHITE)))
