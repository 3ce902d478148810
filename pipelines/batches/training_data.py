"""What training reads: batches without an end.

An example is an integer. The order is a function of (seed, epoch) and what is
done to a picture one of (seed, number of the sample since the start), so that
any step can be reached at once and a run can be repeated to the bit. Batches
are uint8: a quarter of the bytes, and the model does the scaling.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from pipelines.batches.augmentation import Augmentation
from pipelines.batches.augmented_batches import augmented_batches
from pipelines.batches.mixing import Mixing
from pipelines.batches.mixup_cutmix import mix
from pipelines.batches.order import global_position
from pipelines.batches.order import sample_order
from pipelines.data.examples import Examples
from pipelines.data.tf_data import PREFETCHED
from pipelines.data.tf_data import parallel_calls
from pipelines.data.tf_data import pipeline_options
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing

_NO_END = np.iinfo("int64").max


@dataclasses.dataclass(frozen=True)
class Sampling:
    """Which samples a run is made of, and in which order.

    Args:
        seed: Decides order and augmentation.
        balance: How far rare classes come more often than they are: 0 as
            they are, 0.5 by the square root of their sizes, 1 as often as
            frequent ones (`pipelines.batches.order`).
        repeats: How often a picture comes in a batch, each time changed anew
            (Hoffer et al., "Augment your batch", 2019). An epoch has as many
            steps as without, so that all pictures come in `repeats` of them.
        views: How many ways of changing one picture there are, taken in turn
            epoch by epoch; None for a new one each time.
    """

    seed: int = 0
    balance: float = 0.0
    repeats: int = 1
    views: int | None = None


@dataclasses.dataclass(frozen=True)
class Reading:
    """From where on and by whom batches are read; they stay what they are.

    Args:
        first_step: The step that the first batch belongs to; any step is
            reached at once.
        worker: Whose part of each batch is read, in 0…workers-1.
        workers: How many share a batch.
        hold: Whether small sets are decoded once
            (`pipelines.batches.decoded`).
    """

    first_step: int = 0
    worker: int = 0
    workers: int = 1
    hold: bool = True


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Batches without an end, cut into epochs by counting.

    Args:
        examples: What is trained on.
        dataset: Yields uint8 `(batch, size, size, 3)` and int32 `(batch,)`,
            or with mixing float32 `(batch, classes)`, or uint8 of that shape
            where a picture may show several classes; a worker's part of each
            global batch where there are several.
        batch_size: Of a global batch, over all devices.
        steps_per_epoch: Whole batches in an epoch; what is left over of one
            epoch may come in the next.
        index_of: Given the number of a sample since the start of the run,
            returns the index of its example.
    """

    examples: Examples
    dataset: tf.data.Dataset
    batch_size: int
    steps_per_epoch: int
    index_of: Callable | None = None

    def indices_of(self, step: int) -> list[int]:
        """Returns which examples the global batch of a step holds."""
        first = step * self.batch_size
        positions = tf.range(first, first + self.batch_size, dtype=tf.int64)
        return [int(self.index_of(position)) for position in positions]


def whole_batches(examples: Examples, batch_size: int) -> int:
    """Returns how many whole batches an epoch has.

    Raises:
        RequestError: A batch is larger than the set.
    """
    count = len(examples)
    if batch_size > count:
        raise RequestError(
            f"`global_batch_size={batch_size}` is more than the {count} "
            f"pictures to train on. Give at most {count}."
        )
    return count // batch_size


def training_data(
    examples: Examples,
    preprocessing: Preprocessing,
    *,
    augmentation: Augmentation,
    batch_size: int,
    sampling: Sampling = Sampling(),
    mixing: Mixing | None = None,
    reading: Reading = Reading(),
) -> TrainingData:
    """Builds the pipeline that training reads.

    Args:
        examples: What is trained on.
        preprocessing: The model's record, for the image size.
        augmentation: What is done to each picture.
        batch_size: Of a global batch, over all devices.
        sampling: Which samples, and in which order.
        mixing: How the pictures of a batch are mixed, if at all; of several
            workers each mixes its own part.
        reading: From where on, and by whom.

    Raises:
        RequestError: A batch is larger than the set or no multiple of
            `repeats` or `workers`, or no such balance.

    Example:

    ```python
    import numpy as np, tensorflow as tf
    from pipelines.batches.augmentation import AUGMENTATIONS
    from pipelines.batches.training_data import Sampling, training_data
    from pipelines.data.examples import Examples
    from zoo.preprocessing import Preprocessing
    white = tf.io.encode_png(tf.fill((8, 8, 3), np.uint8(255))).numpy()
    examples = Examples(["a", "b"], np.array([0, 1], "int32"), ("x", "y"),
                        lambda wanted: [white for _ in wanted])
    data = training_data(
        examples, Preprocessing(8), augmentation=AUGMENTATIONS["none"],
        batch_size=2, sampling=Sampling(seed=7))
    images, labels = next(iter(data.dataset))
    assert images.shape == (2, 8, 8, 3) and sorted(labels.numpy()) == [0, 1]
    ```
    """
    _check_repeats(batch_size, sampling.repeats)
    steps_per_epoch = whole_batches(examples, batch_size)
    locate = _places(examples, sampling, batch_size)
    part = batch_size // reading.workers
    own = functools.partial(
        global_position,
        batch_size=batch_size,
        worker=reading.worker,
        workers=reading.workers,
    )
    dataset = augmented_batches(
        tf.data.Dataset.range(reading.first_step * part, _NO_END),
        lambda position: locate(own(position)),
        examples,
        augmentation,
        preprocessing,
        batch_size=part,
        hold=reading.hold,
    ).map(lambda images, labels, _: (images, labels))
    # Apart from the streams of single samples, whose first number is the
    # seed and at most seven times 2^32.
    stream = tf.constant(sampling.seed + ((1 + reading.worker) << 40), tf.int64)
    changes = []
    if augmentation.layers:
        # The layers' libraries are imported where one is named.
        from pipelines.batches.keras_layers import batch_stage

        changes.append(batch_stage(augmentation.layers, stream + (1 << 60)))
    if mixing is not None:
        classes = len(examples.class_names)
        changes.append(_mixer(mixing, stream, steps_per_epoch, classes))
    for change in changes:
        dataset = dataset.enumerate(start=reading.first_step).map(
            change, num_parallel_calls=parallel_calls()
        )
    return TrainingData(
        examples,
        dataset.prefetch(PREFETCHED).with_options(pipeline_options()),
        batch_size,
        steps_per_epoch,
        lambda position: locate(position)[0],
    )


def _places(examples: Examples, sampling: Sampling, batch_size: int):
    """Returns a function from a sample's number to its index and its seed."""
    order = sample_order(
        examples.strata,
        batch_size=batch_size,
        seed=sampling.seed,
        balance=sampling.balance,
    )
    base = tf.constant(sampling.seed, tf.int64)
    views = sampling.views

    def locate(position):
        epoch, index = order(position // sampling.repeats)
        sample = position if views is None else index * views + epoch % views
        return index, (base, sample)

    return locate


def _check_repeats(batch_size: int, repeats: int) -> None:
    if repeats < 1 or batch_size % repeats:
        raise RequestError(
            f"`global_batch_size={batch_size}` is no multiple of "
            f"`repeats={repeats}`. Give a batch that holds every picture as "
            "often as that."
        )


def _mixer(mixing: Mixing, stream, steps_per_epoch: int, classes: int):
    """Returns a function that mixes the batch of a step."""

    def change(step, batch):
        key = tf.stack([stream, step])
        on = True
        if mixing.epochs is not None:
            on = step // steps_per_epoch < mixing.epochs
        return mix(*batch, key, mixing, classes=classes, on=on)

    return change


def every_view(
    examples: Examples,
    preprocessing: Preprocessing,
    *,
    augmentation: Augmentation,
    batch_size: int,
    seed: int = 0,
    views: int = 1,
) -> tf.data.Dataset:
    """Builds the pipeline that shows what `training_data` trains on.

    View `v` of example `i` is row `i * views + v`; the last batch is filled
    up. Batches are as those of `evaluation_data`.

    Args:
        examples: What is trained on.
        preprocessing: The model's record, for the image size.
        augmentation: What is done to each picture.
        batch_size: Of a global batch, over all devices.
        seed: As for `Sampling`.
        views: As for `Sampling`.
    """
    count = len(examples) * views
    batches = -(-count // batch_size)
    base = tf.constant(seed, tf.int64)

    def locate(sample):
        # The last one fills the last batch up.
        sample = tf.minimum(sample, count - 1)
        return sample // views, (base, sample)

    def mask(images, labels, positions):
        return images, labels, tf.cast(positions < count, tf.float32)

    return (
        augmented_batches(
            tf.data.Dataset.range(batches * batch_size),
            locate,
            examples,
            augmentation,
            preprocessing,
            batch_size=batch_size,
        )
        .map(mask)
        .prefetch(PREFETCHED)
        .with_options(pipeline_options())
    )
