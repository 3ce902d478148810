"""What is measured of Keras and of keras-cv, each as its users write it."""

import keras
import tensorflow as tf

from pipelines.benchmarks.pipeline_ours import PipelineCase

# 256 pixels for a crop of 224.
_MARGIN = 8 / 7


def keras_bare(setting: PipelineCase) -> tf.data.Dataset:
    """`image_dataset_from_directory`, without any augmentation."""
    return _utility(setting, setting.image_size).prefetch(tf.data.AUTOTUNE)


def keras_layers(setting: PipelineCase) -> tf.data.Dataset:
    """`image_dataset_from_directory`, Keras's random crop and flip."""
    size = setting.image_size
    return _augmented(
        setting,
        [
            keras.layers.RandomCrop(size, size),
            keras.layers.RandomFlip("horizontal"),
        ],
    )


def keras_cv_layers(setting: PipelineCase) -> tf.data.Dataset:
    """The same utility with keras-cv's crop, flip and RandAugment."""
    import keras_cv

    size = setting.image_size
    return _augmented(
        setting,
        [
            keras_cv.layers.RandomCropAndResize(
                (size, size),
                crop_area_factor=(0.08, 1.0),
                aspect_ratio_factor=(3 / 4, 4 / 3),
            ),
            keras_cv.layers.RandomFlip("horizontal"),
            keras_cv.layers.RandAugment(
                value_range=(0, 255),
                augmentations_per_image=2,
                magnitude=0.3,
            ),
        ],
    )


def _utility(setting: PipelineCase, side: int) -> tf.data.Dataset:
    return keras.utils.image_dataset_from_directory(
        setting.folder,
        image_size=(side, side),
        batch_size=setting.batch_size,
        verbose=False,
    ).repeat()


def _augmented(setting: PipelineCase, layers) -> tf.data.Dataset:
    def change(pictures, labels):
        for layer in layers:
            pictures = layer(pictures, training=True)
        return pictures, labels

    data = _utility(setting, round(_MARGIN * setting.image_size))
    return data.map(change, num_parallel_calls=tf.data.AUTOTUNE).prefetch(
        tf.data.AUTOTUNE
    )


SUBJECTS = {
    "keras_bare": keras_bare,
    "keras": keras_layers,
    "keras_cv": keras_cv_layers,
}
