"""Weights and pictures that any interpreter makes the same, from a seed.

Numbers come from the bits of NumPy's PCG64, which every version gives the
same, and from the name of each tensor, so that the order of them is nothing.

Each kind is drawn so that a mistake in it shows in the logits, however deep
the network: activities keep their size, and each bias, mean and variance has
a part in them. Variances go down to a thousandth, where BatchNorm's epsilon
shows; gammas are in proportion to their deviations.
"""

import math
import zlib

import numpy as np

_VARIANCES = ("running_var", "moving_variance")
_MEANS = ("running_mean", "moving_mean")
_ADDED = ("bias", "beta")
_FACTORS = ("weight", "gamma")


def random_pixels(side: int, seed: int = 0, count: int = 2) -> np.ndarray:
    """Returns RGB pictures `(count, side, side, 3)`, uint8."""
    shape = (count, side, side, 3)
    return (_bits("pixels", shape, seed) >> 24).astype("uint8")


def picture(height: int, width: int) -> np.ndarray:
    """Returns a picture that resizing does not leave as it is, uint8.

    Waves of all lengths, and edges from black to white at which bicubic
    interpolation overshoots; much like a photo, and whole numbers throughout.
    """
    y, x = np.mgrid[:height, :width]
    waves = (x * y // 7 + 3 * x, 255 - 2 * y + x * x // 50, 5 * (x + y))
    pixels = np.abs(np.stack(waves, axis=-1) % 510 - 255)
    edges = (x // 23 + y // 31) % 5
    pixels[edges == 0], pixels[edges == 1] = 0, 255
    return pixels.astype("uint8")


def random_tensors(
    shapes, seed: int = 0, gain: float = 1.0, pixel_scale: float = 1.0
) -> dict[str, np.ndarray]:
    """Returns float32 arrays by name.

    Args:
        shapes: By name, as PyTorch's (`conv1.weight`) or Keras's
            (`conv1/kernel`). Scalars are left out: they only count steps.
        seed: Other numbers for another.
        gain: What BatchNorm's gammas are multiplied by.
        pixel_scale: How large the pixels are that the network sees; the
            kernel that sees them is divided by it.
    """
    tensors = {
        name: _tensor(name, shape, shapes, seed, gain)
        for name, shape in shapes.items()
        if len(shape)
    }
    for name, tensor in tensors.items():
        side = -2 if name.endswith("kernel") else 1
        if tensor.ndim == 4 and tensor.shape[side] == 3:
            tensor /= np.float32(pixel_scale)
    return tensors


def _bits(name, shape, seed) -> np.ndarray:
    count = math.prod(shape)
    generator = np.random.PCG64([seed, zlib.crc32(name.encode())])
    words = generator.random_raw((count + 1) // 2)
    return words.astype("<u8").view("<u4")[:count].reshape(shape)


def _uniform(name, shape, seed, low=-1.0, high=1.0) -> np.ndarray:
    # 24 bits are what a float32 has room for.
    unit = (_bits(name, shape, seed) >> 8).astype("float32")
    unit *= np.float32((high - low) / (1 << 24))
    unit += np.float32(low)
    return unit


def _tensor(name, shape, shapes, seed, gain=1.0) -> np.ndarray:
    separator = "/" if "/" in name else "."
    layer, _, kind = name.rpartition(separator)
    if kind in _VARIANCES:
        return 10 ** _uniform(name, shape, seed, -3.0, 0.0)
    if kind in _MEANS or kind.endswith(_ADDED):
        return _uniform(name, shape, seed, -0.3, 0.3)
    if len(shape) == 1 and kind in _FACTORS:
        factors = _uniform(name, shape, seed, 0.5, 1.5)
        for variance in _VARIANCES:
            other = f"{layer}{separator}{variance}"
            if other in shapes:
                deviations = np.sqrt(_tensor(other, shape, shapes, seed))
                factors *= np.float32(gain) * deviations
        return factors
    if kind.endswith(("weight", "kernel")):
        scale = math.sqrt(3 / _fan_in(shape, kind.endswith("kernel")))
        return _uniform(name, shape, seed, -scale, scale)
    # Tokens and positions.
    return _uniform(name, shape, seed)


def _fan_in(shape, is_keras: bool) -> int:
    if not is_keras:
        return math.prod(shape[1:])
    is_depthwise = len(shape) == 4 and shape[-1] == 1
    return math.prod(shape[:2] if is_depthwise else shape[:-1])
