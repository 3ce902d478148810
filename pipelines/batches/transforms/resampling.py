"""Resizing for training: one loop over uint8 pixels, mirrored on the way.

Bilinear between the two nearest pixels each way. Where both sides shrink to a
half or less, each pixel is the mean of those it stands for, weighted as Pillow
weights them.
"""

import numpy as np

from pipelines.batches.transforms.compiling import compiled
from pipelines.batches.transforms.compiling import copy
from pipelines.batches.transforms.compiling import fill

# Weights are integers, of which this one is the whole.
_BITS = 11
_ONE = np.int32(1 << _BITS)
_HALF = np.int32(1 << (2 * _BITS - 1))
_SHIFT = np.int32(2 * _BITS)
# Places that are no negative ones: nothing is counted from an array's end.
_AT = np.uintp
_GREEN, _BLUE, _NEXT = np.uintp(1), np.uintp(2), np.uintp(3)
_NEXT_GREEN, _NEXT_BLUE = np.uintp(4), np.uintp(5)


@compiled
def resample(pixels, view, mirrored, image):
    """Resizes a part of a picture.

    Args:
        pixels: uint8 `(bytes,)`, in which the picture lies.
        view: int64 `(4,)`: where the part's first byte is, how many bytes
            there are from row to row, its height and its width in pixels.
        mirrored: Whether left becomes right.
        image: uint8 `(new height, new width, 3)`, which is written.
    """
    height, width = view[2], view[3]
    rows, columns = image.shape[0], image.shape[1]
    if height == rows and width == columns:
        _copy(pixels, view, mirrored, image)
    elif min(height, width) >= 2 * max(rows, columns):
        _average(pixels, view, mirrored, image)
    else:
        _interpolate(pixels, view, mirrored, image)


@compiled
def _copy(pixels, view, mirrored, image):
    start, stride = view[0], view[1]
    columns = image.shape[1]
    for y in range(image.shape[0]):
        row = pixels[start + y * stride :][: 3 * columns]
        if not mirrored:
            copy(row, image[y])
            continue
        for x in range(columns):
            place = 3 * (columns - 1 - x)
            image[y, x, 0] = row[place]
            image[y, x, 1] = row[place + 1]
            image[y, x, 2] = row[place + 2]


@compiled
def _interpolate(pixels, view, mirrored, image):
    start, stride, height, width = view
    rows, columns = image.shape[0], image.shape[1]
    low, weight = _neighbours(height, rows)
    left, share = _neighbours(width, columns)
    if mirrored:
        _reverse(left)
        _reverse(share)
    # One pixel more, so that the last one has a neighbour as well.
    blended = np.empty(3 * (width + 1), np.int32)
    for y in range(rows):
        first = start + low[y] * stride
        second = start + min(low[y] + 1, height - 1) * stride
        _blend(
            pixels[first : first + 3 * width],
            pixels[second : second + 3 * width],
            weight[y],
            blended,
        )
        _pick(blended, left, share, image[y])


@compiled
def _neighbours(length, count):
    """Returns the first of two pixels for each new one, and the other's part.

    A new pixel's middle is where it is in the old row, as everywhere today
    (`half_pixel_centers` in TensorFlow).
    """
    low, weight = np.empty(count, np.uint32), np.empty(count, np.int32)
    for i in range(count):
        at = (i + 0.5) * length / count - 0.5
        at = min(max(at, 0.0), length - 1.0)
        low[i] = int(at)
        weight[i] = int((at - int(at)) * _ONE + 0.5)
    return low, weight


@compiled
def _reverse(row):
    for i in range(len(row) // 2):
        j = len(row) - 1 - i
        row[i], row[j] = row[j], row[i]


@compiled
def _blend(first, second, weight, blended):
    rest = _ONE - weight
    for i in range(len(first)):
        blended[i] = np.int32(first[i]) * rest + np.int32(second[i]) * weight
    copy(blended[len(first) - 3 : len(first)], blended[len(first) :])


@compiled
def _pick(blended, left, share, row):
    # The channels one by one: a loop over three is twice as slow.
    for x in range(len(row)):
        at, part = _AT(3 * left[x]), share[x]
        red = blended[at]
        red = red * _ONE + (blended[at + _NEXT] - red) * part
        row[x, 0] = (red + _HALF) >> _SHIFT
        green = blended[at + _GREEN]
        green = green * _ONE + (blended[at + _NEXT_GREEN] - green) * part
        row[x, 1] = (green + _HALF) >> _SHIFT
        blue = blended[at + _BLUE]
        blue = blue * _ONE + (blended[at + _NEXT_BLUE] - blue) * part
        row[x, 2] = (blue + _HALF) >> _SHIFT


@compiled
def _average(pixels, view, mirrored, image):
    start, stride, height, width = view
    rows, columns = image.shape[0], image.shape[1]
    left, across = _triangles(width, columns)
    top, down = _triangles(height, rows)
    narrow = np.zeros((height, 3 * columns), np.float32)
    for y in range(height):
        row = pixels[start + y * stride :][: 3 * width]
        for x in range(columns):
            place = columns - 1 - x if mirrored else x
            for i in range(across.shape[1]):
                share = across[x, i]
                at = 3 * min(left[x] + i, width - 1)
                for channel in range(3):
                    narrow[y, 3 * place + channel] += share * row[at + channel]
    total = np.empty(3 * columns, np.float32)
    for y in range(rows):
        # A half, because fractions are cut off at the end.
        fill(total, np.float32(0.5))
        for i in range(down.shape[1]):
            share, row = down[y, i], narrow[min(top[y] + i, height - 1)]
            for x in range(len(total)):
                total[x] += share * row[x]
        out = image[y].reshape(-1)
        for x in range(len(total)):
            out[x] = np.uint8(min(total[x], np.float32(255)))


@compiled
def _triangles(length, count):
    """Returns the first pixel for each new one, and the weights from there.

    Weights fall linearly from a new pixel's middle to its neighbours'.
    """
    scale = length / count
    first = np.empty(count, np.int64)
    weights = np.zeros((count, int(2 * scale) + 2), np.float32)
    for i in range(count):
        middle = (i + 0.5) * scale
        first[i] = max(int(middle - scale + 0.5), 0)
        last = min(int(middle + scale + 0.5), length)
        for at in range(first[i], last):
            distance = abs(at + 0.5 - middle) / scale
            weights[i, at - first[i]] = max(1 - distance, 0.0)
        total = weights[i].sum()
        for at in range(len(weights[i])):
            weights[i, at] /= total
    return first, weights
