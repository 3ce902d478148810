"""What pictures are called, millions of them without a Python object each."""

import array
import functools
import itertools
import operator
import os
from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

_CHUNK = 2**16
# Of TensorFlow's own memory, in bytes.
_ALIGNMENT = 64


class _Lazy(Sequence):
    """A sequence of `str` that are made when asked for."""

    def __getitem__(self, index):
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(f"{index} of {len(self)} names")
        return self._name(int(index) % len(self))

    def __eq__(self, other):
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    def __hash__(self):
        return hash(tuple(self))

    def __repr__(self):
        more = ", …" if len(self) > 3 else ""
        return f"<{len(self)} names: {', '.join(self[:3])}{more}>"


class Packed:
    """Strings of bytes, one after another in one buffer.

    Python and TensorFlow read the same memory, so that it is there once.

    Args:
        data: uint8: all strings.
        ends: int `(strings + 1,)`: where each starts in `data`, and the end.
    """

    def __init__(self, data: np.ndarray, ends: np.ndarray):
        self.data = data
        self.ends = np.asarray(ends, "uint32" if len(data) < 2**32 else "int64")

    @classmethod
    def of(cls, strings: Iterable[bytes]) -> "Packed":
        """Packs some strings."""
        data, ends = bytearray(), array.array("q", [0])
        for string in strings:
            data += string
            ends.append(len(data))
        return cls(np.frombuffer(data, "uint8"), np.array(ends, "int64"))

    def __len__(self):
        return len(self.ends) - 1

    def __getitem__(self, index: int) -> bytes:
        return self.data[self.ends[index] : self.ends[index + 1]].tobytes()

    def __iter__(self):
        letters = memoryview(self.data)
        for start in range(0, len(self), _CHUNK):
            ends = self.ends[start : start + _CHUNK + 1].tolist()
            for first, stop in itertools.pairwise(ends):
                yield bytes(letters[first:stop])

    def lengths(self) -> np.ndarray:
        """Returns how many bytes each string has."""
        return np.diff(self.ends)

    @functools.cached_property
    def _tensors(self):
        self.data, self.ends = shareable(self.data), shareable(self.ends)
        alphabet = [bytes([code]) for code in range(256)]
        return shared(self.data), shared(self.ends), *constants(alphabet)

    def tensor(self, index) -> tf.Tensor:
        """Returns one string as a scalar tensor, also inside a graph.

        Args:
            index: Scalar int64.
        """
        data, ends, alphabet = self._tensors
        start = tf.cast(tf.gather(ends, index), tf.int64)
        stop = tf.cast(tf.gather(ends, index + 1), tf.int64)
        codes = tf.cast(tf.slice(data, [start], [stop - start]), tf.int32)
        return tf.strings.reduce_join(tf.gather(alphabet, codes))


class Paths(_Lazy):
    """Paths of files, out of one buffer.

    A name need not be UTF-8; as everywhere in Python, other bytes become
    surrogates in the `str` and bytes again on the way to the file system.

    Args:
        packed: All paths.
        root: The folder that paths without a leading `/` start from.
        chosen: int `(names,)`: which paths, in their order; all where None.

    Example:

        >>> from pipelines.data.names import Paths
        >>> paths = Paths.of(["ant/1.jpg", "bee/2.jpg"], root="photos")
        >>> paths[1], list(paths.take([1, 0]))[1]
        ('photos/bee/2.jpg', 'photos/ant/1.jpg')
    """

    def __init__(
        self,
        packed: Packed,
        root: str = "",
        chosen: np.ndarray | None = None,
    ):
        self.packed = packed
        self.root = root
        self.chosen = chosen
        self._start = os.fsencode(os.path.join(root, ""))

    @classmethod
    def of(cls, paths: Iterable[str], root: str = "") -> "Paths":
        """Packs some paths."""
        return cls(Packed.of(map(os.fsencode, paths)), root)

    def __len__(self):
        return len(self.packed if self.chosen is None else self.chosen)

    def _name(self, index: int) -> str:
        if self.chosen is not None:
            index = self.chosen[index]
        return os.path.join(self.root, os.fsdecode(self.packed[index]))

    def take(self, indices) -> "Paths":
        """Returns the names of these indices; the buffer is shared."""
        indices = shortest(indices, len(self.packed))
        if self.chosen is not None:
            indices = self.chosen[indices]
        return Paths(self.packed, self.root, indices)

    def tensor(self, index) -> tf.Tensor:
        """Returns a path as a tensor, also inside a graph.

        Args:
            index: Scalar int64, of all paths (none may have been chosen).
        """
        name = self.packed.tensor(index)
        absolute = tf.strings.substr(name, 0, 1) == "/"
        return tf.where(absolute, name, self._start + name)


class Numbered(_Lazy):
    """Names that are numbers behind a common beginning.

    Args:
        prefix: The common beginning.
        numbers: int `(names,)`.
    """

    def __init__(self, prefix: str, numbers: np.ndarray):
        self.prefix = prefix
        self.numbers = numbers

    def __len__(self):
        return len(self.numbers)

    def _name(self, index: int) -> str:
        return f"{self.prefix}{self.numbers[index]}"

    def take(self, indices) -> "Numbered":
        return Numbered(self.prefix, self.numbers[np.asarray(indices)])


def take(names: Sequence[str], indices) -> Sequence[str]:
    """Returns the names of some indices, in their order."""
    if isinstance(names, _Lazy):
        return names.take(indices)
    return tuple(names[i] for i in indices)


def shortest(indices, limit: int) -> np.ndarray:
    """Returns indices below a limit in half the memory, where it is enough."""
    return np.asarray(indices, "int32" if limit < 2**31 else "int64")


def constants(*values) -> list[tf.Tensor]:
    """Returns tensors that graphs refer to instead of containing them."""
    with tf.init_scope(), tf.device("CPU:0"):
        return [tf.constant(value) for value in values]


def room(size: int, dtype) -> np.ndarray:
    """Returns an array of undefined values that TensorFlow can share."""
    dtype = np.dtype(dtype)
    raw = np.empty(size * dtype.itemsize + _ALIGNMENT, "uint8")
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + size * dtype.itemsize].view(dtype)


def shareable(values: np.ndarray) -> np.ndarray:
    """Returns an array that TensorFlow can share: itself, or a copy."""
    if values.ctypes.data % _ALIGNMENT == 0 and values.flags.writeable:
        return values
    copy = room(len(values), values.dtype)
    copy[:] = values
    return copy


def shared(values: np.ndarray) -> tf.Tensor:
    """Returns a tensor over the memory of a shareable array."""
    with tf.init_scope():
        return tf.experimental.dlpack.from_dlpack(values.__dlpack__())
