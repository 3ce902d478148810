"""What is measured of this project: the decoder alone, and our pipelines.

Each function takes a `PipelineCase` and returns an endless dataset; a worker
counts `batch_size` pictures for each element.
"""

import dataclasses
import os

import tensorflow as tf

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.augmentation import find_augmentation
from pipelines.batches.cropping import crop_window
from pipelines.batches.order import sample_order
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import training_data
from pipelines.data.encoded_picture import EncodedPicture
from pipelines.data.sources.opening import open_splits
from pipelines.data.tf_data import PREFETCHED
from pipelines.data.tf_data import parallel_calls
from pipelines.data.tf_data import pipeline_options
from zoo.preprocessing import Preprocessing

# How many windows are drawn beforehand; then they come again.
_WINDOWS = 2048


@dataclasses.dataclass(frozen=True)
class PipelineCase:
    """What all subjects have in common.

    Args:
        data: As for `pipelines.data.sources.opening.open_splits`.
        image_size: In pixels.
        batch_size: Pictures a batch.
    """

    data: str
    image_size: int
    batch_size: int

    @property
    def folder(self) -> str | None:
        """Where the training pictures lie, for those who need a folder."""
        train = os.path.join(self.data, "train")
        folder = train if os.path.isdir(train) else self.data
        return folder if os.path.isdir(folder) else None


def pipeline(name: str, *, hold: bool = True):
    """Returns the function that builds our pipeline with an augmentation.

    Args:
        name: Of the augmentation.
        hold: Whether a small set is decoded once, as in a run, or every
            picture each time that it is shown, as of a large one.
    """

    def build(setting: PipelineCase) -> tf.data.Dataset:
        return training_data(
            open_splits(setting.data).train,
            Preprocessing(setting.image_size),
            augmentation=find_augmentation(name),
            batch_size=setting.batch_size,
            reading=Reading(hold=hold),
        ).dataset

    return build


def limit(setting: PipelineCase) -> tf.data.Dataset:
    """Decodes the very windows that `plain` decodes, and nothing else.

    They are drawn beforehand, from the same seeds, and are decoded by the
    same operation, as many at once. No picture is resized or kept.
    """
    examples = open_splits(setting.data).train
    indices, windows = _windows(examples, setting.batch_size)

    def decode(position):
        place = position % _WINDOWS
        picture = EncodedPicture(examples.tensor(indices[place]))
        return picture.cut(windows[place])

    return _decoding(decode, setting.batch_size)


def full_decode(setting: PipelineCase) -> tf.data.Dataset:
    """Decodes the same pictures, but whole."""
    examples = open_splits(setting.data).train
    indices, _ = _windows(examples, setting.batch_size)

    def decode(position):
        place = position % _WINDOWS
        picture = EncodedPicture(examples.tensor(indices[place]))
        height, width = picture.shape[0], picture.shape[1]
        return picture.cut(tf.stack([0, 0, height, width]))

    return _decoding(decode, setting.batch_size)


def _windows(examples, batch_size: int):
    """Returns the first indices and windows of `plain`'s run."""
    order = sample_order(examples.labels, batch_size=batch_size, seed=0)
    _ = examples.held

    def window(position):
        _, index = order(position)
        key = tf.stack([tf.constant(0, tf.int64), position])
        shape = EncodedPicture(examples.tensor(index)).shape
        return index, crop_window(shape, key, AUGMENTATIONS["crop"])

    drawn = tf.data.Dataset.range(_WINDOWS).map(window)
    return next(iter(drawn.batch(_WINDOWS)))


def _decoding(decode, batch_size: int) -> tf.data.Dataset:
    return (
        tf.data.Dataset.range(2**62)
        .map(
            lambda position: tf.shape(decode(position))[0],
            num_parallel_calls=parallel_calls(),
        )
        .batch(batch_size)
        .prefetch(PREFETCHED)
        .with_options(pipeline_options())
    )


SUBJECTS = {
    "limit": limit,
    "full_decode": full_decode,
    "plain": pipeline("crop"),
    "plain_streamed": pipeline("crop", hold=False),
    "randaugment_streamed": pipeline("randaugment", hold=False),
    # Crop and mirror are ours, what follows is of a library.
    "with_keras": pipeline("crop+keras.layers.RandAugment"),
    "with_keras_cv": pipeline(
        "crop+keras_cv.layers.RandAugment"
        "(augmentations_per_image=2, magnitude=0.3)"
    ),
    **{
        name: pipeline(name)
        for name, policy in AUGMENTATIONS.items()
        if policy.area or policy.patch > 1
        if name != "crop"
    },
}
