"""A set of labelled pictures, each of them reachable by one integer."""

import dataclasses
import functools
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from pipelines.data.memory import room_in_memory
from pipelines.data.names import constants
from pipelines.data.names import shortest
from pipelines.data.names import take
from pipelines.data.spelling import listed
from pipelines.data.tf_data import call_python

# Above this many bytes, and this part of the memory that is free, pictures are
# read when they are needed; while they are, they are there twice.
MEMORY_LIMIT = 4 * 2**30
_SHARE = 1 / 4
_CHUNK = 1024
_SAMPLED = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Pictures in a fixed order, with their labels.

    Example `i` is the same picture for ever: order is decided elsewhere, as
    a function of integers. Nothing here costs a Python object a picture, so
    that 14 million of them can be opened.

    Args:
        names: What each picture is called in messages, usually its path.
        labels: int32 of shape `(examples,)`, each in 0…classes-1; where a
            picture may show several classes or none, uint8 of shape
            `(examples, classes)`, 1 for those that it shows.
        class_names: In label order.
        encoded: Returns the bytes of some pictures, given their indices.
        fetch: The same for one picture inside a graph, from a scalar int64
            to a scalar string tensor; where None, `encoded` is called back.
            Only files have it.
        sha256: uint8 `(examples, 32)`: what the pictures' bytes must hash
            to, where that is known; `encoded` checks it.
        upright: Whether pictures are turned as their EXIF asks for, wherever
            they are decoded.
    """

    names: Sequence[str]
    labels: np.ndarray
    class_names: tuple[str, ...]
    encoded: Callable[[list[int]], list[bytes]]
    fetch: Callable[[tf.Tensor], tf.Tensor] | None = None
    sha256: np.ndarray | None = None
    upright: bool = True

    def __len__(self):
        return len(self.labels)

    @property
    def several(self) -> bool:
        """Whether a picture may show several classes, or none."""
        return self.labels.ndim == 2

    @functools.cached_property
    def strata(self) -> np.ndarray:
        """The class that stands for each picture, int32 `(examples,)`.

        Of several it is the rarest; pictures that show none have a number
        of their own behind all classes.
        """
        if not self.several:
            return self.labels
        rarity = np.argsort(self.counts(), kind="stable")
        ranked = np.pad(self.labels[:, rarity], [(0, 0), (0, 1)])
        ranked[:, -1] = 1
        places = np.append(rarity, len(self.class_names))
        return places[ranked.argmax(axis=1)].astype("int32")

    @property
    def are_files(self) -> bool:
        """Whether every picture is a file of its own, and its name the path."""
        return self.fetch is not None or self.sha256 is not None

    @functools.cached_property
    def held(self) -> tf.Tensor | None:
        """All pictures' bytes, string `(examples,)`; None if too many.

        Read once, however many pipelines share it. A few pictures tell
        beforehand that a large set is too large, without reading it.
        """
        room = room_in_memory(MEMORY_LIMIT, _SHARE)
        if self._estimate() > room:
            return None
        pictures, total = [], 0
        for start in range(0, len(self), _CHUNK):
            stop = min(start + _CHUNK, len(self))
            pictures += self.encoded(list(range(start, stop)))
            total += sum(map(len, pictures[start:]))
            if total > room:
                return None
        return tf.constant(pictures, dtype=tf.string)

    def _estimate(self) -> float:
        """Guesses the size of all pictures in bytes; 0 where they are few."""
        if len(self) <= _CHUNK:
            return 0
        spread = np.linspace(0, len(self) - 1, _SAMPLED).astype(int)
        sampled = self.encoded(spread.tolist())
        return sum(map(len, sampled)) / _SAMPLED * len(self)

    def read(self, indices: list[int]) -> list[bytes]:
        """Returns the bytes of some pictures, from memory where they are."""
        if self.held is None:
            return self.encoded(indices)
        return list(tf.gather(self.held, indices).numpy())

    def tensor(self, index) -> tf.Tensor:
        """Returns one picture's bytes, also inside a graph.

        Args:
            index: Scalar int64.
        """
        if self.held is not None:
            return tf.gather(self.held, index)
        if self.fetch is not None:
            return self.fetch(index)
        encoded = call_python(
            lambda i: self.encoded([int(i)])[0], [index], tf.string
        )
        return tf.ensure_shape(encoded, ())

    def subset(self, indices) -> "Examples":
        """Returns only the examples of these indices, in their order."""
        indices = shortest(indices, len(self))
        return Examples(
            take(self.names, indices),
            self.labels[indices],
            self.class_names,
            lambda wanted: self.encoded(indices[wanted].tolist()),
            self._subset_fetch(indices),
            None if self.sha256 is None else self.sha256[indices],
            self.upright,
        )

    def _subset_fetch(self, indices):
        if self.fetch is None:
            return None
        chosen = functools.cache(lambda: constants(indices)[0])
        return lambda index: self.fetch(
            tf.cast(tf.gather(chosen(), index), tf.int64)
        )

    def counts(self) -> np.ndarray:
        """Returns how many examples each class has."""
        if self.several:
            return self.labels.sum(axis=0, dtype="int64")
        return np.bincount(self.labels, minlength=len(self.class_names))

    def strata_counts(self) -> np.ndarray:
        """Returns how many pictures each of the `strata` has.

        Where a picture shows several classes, those that stand for none are
        left out.
        """
        if not self.several:
            return self.counts()
        counts = np.bincount(self.strata)
        return counts[counts > 0]

    def members(self) -> list[np.ndarray]:
        """Returns the indices of each class's examples, in their order."""
        if self.several:
            return [np.flatnonzero(column) for column in self.labels.T]
        order = np.argsort(self.labels, kind="stable")
        return np.split(order, np.cumsum(self.counts())[:-1])

    def label_text(self, index: int) -> str:
        """Returns a picture's class, or all of its classes by `listed`."""
        if not self.several:
            return self.class_names[self.labels[index]]
        shown = np.flatnonzero(self.labels[index])
        return listed(self.class_names[place] for place in shown)


@dataclasses.dataclass(frozen=True)
class Splits:
    """What a data set offers: pictures to learn from, pictures to judge by.

    Args:
        train: None where the source has only one part.
        validation: None where the source has no part of that kind.
        note: One line to tell a person of the parts, or empty.
        split_off: Whether the source has one part only, of which the
            validation part was split off here.
        groups: int `(train + validation,)`: what belongs together, in the
            order of the parts: as a person says, and where a part was split
            off also copies; None where nobody has said or looked.
        aside: Pictures of the training part that are not learned from: what
            is chosen once training is done is chosen by them.
    """

    train: Examples | None
    validation: Examples | None
    note: str = ""
    split_off: bool = False
    groups: np.ndarray | None = None
    aside: Examples | None = None

    def noted(self, more: str) -> "Splits":
        """Returns the same pictures with more to tell of them."""
        note = " ".join(filter(None, (self.note, more)))
        return dataclasses.replace(self, note=note)

    def subset(self, train=None, validation=None) -> "Splits":
        """Returns some of the pictures, with the groups that they are in.

        Args:
            train: Places among the pictures to learn from; None for all.
            validation: The same among those to judge by.
        """
        parts = self.train, self.validation
        chosen = [
            part if places is None else part.subset(places)
            for part, places in zip(parts, (train, validation), strict=True)
        ]
        groups = self.groups
        if groups is not None:
            boundary = len(self.train)
            places = np.arange(len(groups))
            ours, theirs = places[:boundary], places[boundary:]
            ours = ours if train is None else ours[train]
            theirs = theirs if validation is None else theirs[validation]
            groups = groups[np.concatenate([ours, theirs])]
        return dataclasses.replace(
            self, train=chosen[0], validation=chosen[1], groups=groups
        )

    def turned(self, upright: bool) -> "Splits":
        """Returns the same pictures, `Examples.upright` or not."""
        parts = {
            "train": self.train,
            "validation": self.validation,
            "aside": self.aside,
        }
        return dataclasses.replace(
            self,
            **{
                name: part and dataclasses.replace(part, upright=upright)
                for name, part in parts.items()
            },
        )
