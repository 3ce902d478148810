"""Running the lower part of a network over pictures, each of them once."""

import dataclasses
import math
import os
import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from pipelines.data.memory import room_in_memory
from pipelines.devices.logits import make_logits_step
from pipelines.waiting.work import current
from pipelines.waiting.work import work

# Above this many bytes features are kept in a file that is mapped, and above
# this part of the memory that is free where the disk has room for them.
MEMORY_LIMIT = 2 * 2**30
_SHARE = 1 / 4
# The part of a disk's free space that features may take.
_DISK_SHARE = 0.5


@dataclasses.dataclass(frozen=True)
class _Kind:
    """Features of one stage: of which shape and type those of a picture are."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @classmethod
    def of(cls, tensor) -> "_Kind":
        dtype = tf.as_dtype(tensor.dtype).as_numpy_dtype
        return cls(tuple(tensor.shape[1:]), np.dtype(dtype))

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class Extractor:
    """Runs one model; its graph is traced once, however often it is used.

    Args:
        model: Pixels in, features out, of one stage or a list of those of
            several; run in inference mode.
        strategy: Where it computes.
        folder: Where features go that are too large for memory; the system's
            temporary folder where None.

    Example:

    ```python
    import numpy as np, tensorflow as tf, zoo
    from pipelines.evaluation.extraction import Extractor
    below, _ = zoo.split(zoo.create_model("resnet20"), "head")
    batch = np.zeros((2, 32, 32, 3), "uint8"), np.zeros(2), np.ones(2)
    features = Extractor(below, tf.distribute.get_strategy()).run(
        tf.data.Dataset.from_tensors(batch), 2)
    assert features.shape == (2, 64)
    ```
    """

    def __init__(self, model, strategy, folder=None):
        self._kinds = tf.nest.map_structure(_Kind.of, model.output)
        self._strategy = strategy
        self._folder = folder
        self._step = make_logits_step(model, strategy)

    def bytes_of(self, count: int) -> int:
        """Returns what the features of `count` pictures take."""
        return count * sum(kind.bytes for kind in tf.nest.flatten(self._kinds))

    def has_room_for(self, count: int) -> bool:
        """Whether the features of `count` pictures can be kept.

        How much memory is free does not count: a run decides by it what it
        shows, and ends with the same bits on a machine that has less.
        """
        return self.bytes_of(count) <= MEMORY_LIMIT or self._fit_on_disk(count)

    def _fit_on_disk(self, count: int) -> bool:
        folder = pathlib.Path(self._folder or tempfile.gettempdir())
        disk = os.statvfs(folder)
        free = disk.f_bavail * disk.f_frsize
        return self.bytes_of(count) <= _DISK_SHARE * free

    @work("computing features", "picture")
    def run(self, dataset, count: int, progress=None):
        """Returns the features of `count` pictures, `(count, …)`.

        A list of such arrays where the model has several outputs.

        Args:
            dataset: Yields batches as those of `evaluation_data`; what lies
                behind the first `count` pictures is filling.
            count: Of the pictures.
            progress: Called with the numbers of pictures done and in all.
        """
        features = tf.nest.map_structure(
            lambda kind: self._room_for(kind, count), self._kinds
        )
        arrays = tf.nest.flatten(features)
        done = 0
        for images, *_ in self._strategy.experimental_distribute_dataset(
            dataset
        ):
            found = tf.nest.flatten(self._step(images))
            computed = [each.numpy() for each in found]
            new = min(len(computed[0]), count - done)
            for held, batch in zip(arrays, computed, strict=True):
                held[done : done + new] = batch[:new]
            done += new
            current().count(done, count)
            if progress:
                progress(done, count)
        return features

    def _room_for(self, kind: _Kind, count: int) -> np.ndarray:
        shape = (count, *kind.shape)
        if self._are_held(count):
            return np.empty(shape, kind.dtype)
        # The file has no name: it goes with the array, whatever happens.
        with tempfile.TemporaryFile(dir=self._folder) as file:
            file.truncate(count * kind.bytes)
            return np.memmap(file, kind.dtype, "r+", shape=shape)

    def _are_held(self, count: int) -> bool:
        wanted = self.bytes_of(count)
        if wanted <= room_in_memory(MEMORY_LIMIT, _SHARE):
            return True
        return wanted <= MEMORY_LIMIT and not self._fit_on_disk(count)
