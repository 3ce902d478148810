"""Running the lower part of a network over pictures, each of them once."""

import math
import os
import pathlib
import tempfile
import time

import numpy as np
import tensorflow as tf

from pipelines.training.step import make_logits_step

# Above this many bytes features are kept in a file that is mapped.
MEMORY_LIMIT = 2 * 2**30
# The part of a disk's free space that features may take.
_DISK_SHARE = 0.5


class Extractor:
    """Runs one model; its graph is traced once, however often it is used.

    Args:
        model: Pixels in, features out; run in inference mode.
        strategy: Where it computes.
        folder: Where features go that are too large for memory; the system's
            temporary folder where None.

    Example:

    ```python
    import numpy as np, tensorflow as tf, zoo
    from pipelines.features.extraction import Extractor
    below, _ = zoo.split(zoo.create_model("resnet20"), "head")
    batch = np.zeros((2, 32, 32, 3), "uint8"), np.zeros(2), np.ones(2)
    features = Extractor(below, tf.distribute.get_strategy()).run(
        tf.data.Dataset.from_tensors(batch), 2)
    assert features.shape == (2, 64)
    ```
    """

    def __init__(self, model, strategy, folder=None):
        self._shape = tuple(model.output.shape[1:])
        self._dtype = tf.as_dtype(model.output.dtype).as_numpy_dtype
        self._strategy = strategy
        self._folder = folder
        self._step = make_logits_step(model, strategy)
        self._each = 0.0, 0

    def bytes_of(self, count: int) -> int:
        """Returns what the features of `count` pictures take."""
        return count * math.prod(self._shape) * np.dtype(self._dtype).itemsize

    def has_room_for(self, count: int) -> bool:
        """Whether the features of `count` pictures can be kept."""
        if self.bytes_of(count) <= MEMORY_LIMIT:
            return True
        folder = pathlib.Path(self._folder or tempfile.gettempdir())
        disk = os.statvfs(folder)
        free = disk.f_bavail * disk.f_frsize
        return self.bytes_of(count) <= _DISK_SHARE * free

    def run(self, dataset, count: int, progress=None) -> np.ndarray:
        """Returns the features of `count` pictures, `(count, …)`.

        Args:
            dataset: Yields batches as those of `evaluation_data`; what lies
                behind the first `count` pictures is filling.
            count: Of the pictures.
            progress: Called with the numbers of pictures done and in all.
        """
        features = self._room_for(count)
        # Rows computed after the first batch, the filling among them.
        done, started, rows = 0, time.perf_counter(), None
        for images, *_ in self._strategy.experimental_distribute_dataset(
            dataset
        ):
            computed = self._step(images).numpy()
            batch = computed[: count - done]
            features[done : done + len(batch)] = batch
            done += len(batch)
            if progress:
                progress(done, count)
            if rows is None:
                # The first batch traces the graph and starts the pipeline.
                rows, started = 0, time.perf_counter()
            else:
                rows += len(computed)
        self._each = (time.perf_counter() - started, rows or 0)
        return features

    @property
    def seconds_each(self) -> float | None:
        """What a picture of the last run cost; None after a single batch."""
        seconds, pictures = self._each
        return seconds / pictures if pictures else None

    def _room_for(self, count: int) -> np.ndarray:
        shape = (count, *self._shape)
        if self.bytes_of(count) <= MEMORY_LIMIT:
            return np.empty(shape, self._dtype)
        # The file has no name: it goes with the array, whatever happens.
        with tempfile.TemporaryFile(dir=self._folder) as file:
            file.truncate(self.bytes_of(count))
            return np.memmap(file, self._dtype, "r+", shape=shape)
