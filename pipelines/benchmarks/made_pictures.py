"""Made pictures without end, where only time, memory or numbers matter."""

import numpy as np
import tensorflow as tf

from pipelines.batches.training_data import TrainingData


def made_batches(
    image_size: int,
    batch_size: int,
    *,
    classes: int,
    steps_per_epoch: int,
    batches: int = 4,
) -> TrainingData:
    """Returns pixels and labels drawn at random, a few batches in turn.

    Args:
        image_size: Height and width in pixels.
        batch_size: Of a global batch.
        classes: Labels lie in [0, classes).
        steps_per_epoch: Where an epoch ends.
        batches: How many differ; they are held in memory.

    Example:

    ```python
    from pipelines.benchmarks.made_pictures import made_batches
    data = made_batches(8, 2, classes=3, steps_per_epoch=1)
    images, labels = next(iter(data.dataset))
    assert images.shape == (2, 8, 8, 3) and images.dtype == "uint8"
    assert labels.shape == (2,) and labels.dtype == "int32"
    ```
    """
    random = np.random.default_rng(0)
    shape = (batches, batch_size, image_size, image_size, 3)
    images = random.integers(0, 256, shape, dtype="uint8")
    labels = random.integers(0, classes, shape[:2], dtype="int32")
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).repeat()
    return TrainingData(None, dataset.prefetch(2), batch_size, steps_per_epoch)
