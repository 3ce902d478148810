"""Random numbers as a function of integers: no state, any sample at once.

A number is the hash of the run's seed, the sample, a stream and a counter, by
the finaliser of SplitMix64 (Steele et al., "Fast splittable pseudorandom
number generators", 2014, figure 17).
"""

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


class Chance:
    """Independent streams of random numbers for some samples.

    Args:
        seed: Any integer.
        samples: int `(samples,)`: their numbers.

    Example:

    ```python
    from pipelines.batches.transforms.chance import Chance
    both = Chance(7, [3, 4]).uniform(0, 5)
    assert both.shape == (2, 5)
    assert (Chance(7, [4]).uniform(0, 5) == both[1:]).all()
    ```
    """

    def __init__(self, seed: int, samples):
        samples = np.atleast_1d(np.asarray(samples, "int64"))
        self._keys = _mix(_spread(samples) + _mix(_spread([seed])))

    def __len__(self):
        return len(self._keys)

    def bits(self, stream: int, count: int) -> np.ndarray:
        """Returns uint64 `(samples, count)`."""
        keys = _mix(self._keys + _spread([stream + 1]))
        return _mix(keys[:, np.newaxis] + _spread(np.arange(1, count + 1)))

    def uniform(self, stream: int, count: int) -> np.ndarray:
        """Returns float64 `(samples, count)` in [0, 1)."""
        return (self.bits(stream, count) >> np.uint64(11)) * 2.0**-53

    def normal(self, stream: int, count: int) -> np.ndarray:
        """Returns float64 `(samples, count)` of mean 0 and variance 1.

        Box and Muller, "A note on the generation of random normal deviates",
        1958.
        """
        drawn = self.uniform(stream, 2 * count)
        distance = np.sqrt(-2 * np.log1p(-drawn[:, :count]))
        return distance * np.cos(2 * np.pi * drawn[:, count:])


def choose(uniform: np.ndarray, count: int) -> np.ndarray:
    """Turns numbers in [0, 1) into integers in 0…count-1."""
    return np.minimum((uniform * count).astype("int64"), count - 1)


def sign(uniform: np.ndarray) -> np.ndarray:
    """Turns numbers in [0, 1) into -1 or 1."""
    return np.where(uniform < 0.5, -1.0, 1.0)


def _spread(integers) -> np.ndarray:
    return np.asarray(integers, "int64").astype("uint64") * _GOLDEN


def _mix(z: np.ndarray) -> np.ndarray:
    # Products of unsigned arrays wrap around, which is what is wanted.
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))
