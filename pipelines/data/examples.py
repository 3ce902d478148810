"""A set of labelled pictures, each of them reachable by one integer."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

# Above this many bytes, pictures are read when they are needed.
MEMORY_LIMIT = 4 * 2**30
_CHUNK = 1024


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Pictures in a fixed order, with their labels.

    Example `i` is the same picture for ever: order is decided elsewhere, as
    a function of integers.

    Args:
        names: What each picture is called in messages, usually its path.
        labels: int32 of shape `(examples,)`, each in 0…classes-1.
        class_names: In label order.
        encoded: Returns the bytes of some pictures, given their indices.
    """

    names: tuple[str, ...]
    labels: np.ndarray
    class_names: tuple[str, ...]
    encoded: Callable[[list[int]], list[bytes]]

    def __len__(self):
        return len(self.names)

    @functools.cached_property
    def held(self) -> tf.Tensor | None:
        """All pictures' bytes, string `(examples,)`; None if too many.

        Read once, however many pipelines share it.
        """
        pictures, total = [], 0
        for start in range(0, len(self), _CHUNK):
            stop = min(start + _CHUNK, len(self))
            pictures += self.encoded(list(range(start, stop)))
            total += sum(map(len, pictures[start:]))
            if total > MEMORY_LIMIT:
                return None
        return tf.constant(pictures, dtype=tf.string)

    def read(self, indices: list[int]) -> list[bytes]:
        """Returns the bytes of some pictures, from memory where they are."""
        if self.held is None:
            return self.encoded(indices)
        return list(tf.gather(self.held, indices).numpy())

    def subset(self, indices) -> "Examples":
        """Returns only the examples of these indices, in their order."""
        indices = np.asarray(indices, dtype="int64")
        return Examples(
            tuple(self.names[i] for i in indices),
            self.labels[indices],
            self.class_names,
            lambda wanted: self.encoded([int(indices[i]) for i in wanted]),
        )

    def counts(self) -> np.ndarray:
        """Returns how many examples each class has."""
        return np.bincount(self.labels, minlength=len(self.class_names))


@dataclasses.dataclass(frozen=True)
class Splits:
    """What a data set offers: pictures to learn from, pictures to judge by.

    Args:
        train: None where the source has only one part.
        validation: None where the source has no part of that kind.
        note: One line about a split that was made up, or empty.
    """

    train: Examples | None
    validation: Examples | None
    note: str = ""


def stratified_split(
    examples: Examples, fraction: float, seed: int
) -> tuple[Examples, Examples]:
    """Splits off a part of every class, the same part for the same seed.

    Args:
        examples: What is split; each class has at least two examples.
        fraction: The part split off, in (0, 1); at least one picture and
            never all pictures of a class.
        seed: Any integer.

    Returns:
        What remains, and what was split off.
    """
    random = np.random.default_rng([seed, 0x5B117])
    held_out = np.zeros(len(examples), dtype=bool)
    for label in range(len(examples.class_names)):
        members = np.flatnonzero(examples.labels == label)
        count = min(max(1, round(fraction * len(members))), len(members) - 1)
        held_out[random.permutation(members)[:count]] = True
    return (
        examples.subset(np.flatnonzero(~held_out)),
        examples.subset(np.flatnonzero(held_out)),
    )
