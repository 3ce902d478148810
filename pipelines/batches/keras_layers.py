"""Layers of Keras and keras-cv as a stage of the pipeline, behind our own.

They draw random numbers through `keras.random.SeedGenerator` or `tf.random`,
which know nothing of the step that a run is at. While a stage is traced, both
draw from the number of the step instead, so that a run goes on to the bit. What
a layer draws in other ways cannot be reached: `layer_checks` finds such layers.
"""

import contextlib
import importlib
import inspect
import itertools
from collections.abc import Callable
from unittest import mock

import keras
import tensorflow as tf

from pipelines.batches.layer_arguments import arguments_of
from pipelines.batches.layer_arguments import check_ranges
from pipelines.batches.layer_words import LIBRARIES
from pipelines.batches.layer_words import LayerWords
from zoo.errors import RequestError
from zoo.variants import nearest

# Operations of `tf.random` that have a sibling which is told one.
_DRAWS = ("uniform", "normal", "truncated_normal")


def words_of(augmentation) -> str:
    """Writes layers, and names of ours between them, as words.

    Args:
        augmentation: Words, a layer, or a list of both.

    Raises:
        RequestError: A layer is not one of Keras or keras-cv.

    Example:

    ```python
    import keras
    from pipelines.batches.keras_layers import words_of
    words = words_of(["crop", keras.layers.RandomBrightness(0.1)])
    assert words.startswith("crop+keras.layers.RandomBrightness(factor=")
    ```
    """
    if isinstance(augmentation, str):
        return augmentation
    if isinstance(augmentation, keras.layers.Layer):
        return str(_layer_words(augmentation))
    return "+".join(map(words_of, augmentation))


def one_line(error: Exception) -> str:
    """Keras's words, which are many."""
    return " ".join(str(error).split())[:200]


def make_layer(words: LayerWords) -> keras.layers.Layer:
    """Makes the layer that words name.

    Raises:
        RequestError: There is none of that name, or not with these arguments.
    """
    check_ranges(words)
    try:
        module = importlib.import_module(LIBRARIES[words.library])
    except ImportError as error:
        raise RequestError(
            f"`augmentation`: {words} needs {words.library}, which is not "
            f"here: {one_line(error)}"
        ) from None
    kinds = {
        name: kind
        for name, kind in vars(module).items()
        if inspect.isclass(kind) and issubclass(kind, keras.layers.Layer)
    }
    if words.name not in kinds:
        raise RequestError(
            f"`augmentation`: {LIBRARIES[words.library]} has no layer "
            f"{words.name}. Nearest: {nearest(words.name, kinds)[0]}"
        )
    kind = kinds[words.name]
    try:
        return kind(**arguments_of(words, kind))
    except RequestError:
        raise
    # Whatever a constructor thinks of arguments that a person wrote.
    except Exception as error:
        raise RequestError(
            f"`augmentation`: {words} cannot be made: {one_line(error)}"
        ) from None


def layer_stage(layers: tuple[LayerWords, ...], stream) -> Callable:
    """Makes a stage of layers.

    Args:
        layers: In their order.
        stream: Scalar int64, of their random numbers.

    Returns:
        Given a step, scalar int64, and uint8 `(batch, size, size, 3)`,
        returns the changed pictures, alike.
    """
    made = [(words, make_layer(words)) for words in layers]

    def change(step, images):
        changed = tf.cast(images, tf.float32)
        for number, (words, layer) in enumerate(made):
            key = tf.random.experimental.stateless_fold_in(
                tf.stack([stream, step]), number
            )
            changed = _call(layer, changed, key)
            if layer.weights:
                raise RequestError(
                    f"`augmentation`: {words} has weights to learn, and what "
                    "changes pictures learns nothing."
                )
            _check_shape(words, changed, images)
        rounded = tf.round(tf.cast(changed, tf.float32))
        return tf.cast(tf.clip_by_value(rounded, 0, 255), tf.uint8)

    return change


def batch_stage(layers: tuple[LayerWords, ...], stream) -> Callable:
    """Makes a stage as `layer_stage` does, of whole batches.

    Returns:
        Given a step and a batch, images first, returns the batch.
    """
    change = layer_stage(layers, stream)

    def change_batch(step, batch):
        images, *rest = batch
        return change(step, images), *rest

    return change_batch


def _call(layer: keras.layers.Layer, images, key):
    """Calls a layer whose draws are those of a key, int64 `(2,)`."""

    def of_one(inputs):
        image, number = inputs
        own = tf.random.experimental.stateless_fold_in(key, number)
        with _drawn_from(own):
            return layer(image[tf.newaxis], training=True)[0]

    if _loops(layer):
        # In their loop all pictures would have the same draws.
        return tf.map_fn(
            of_one,
            (images, tf.range(len(images))),
            fn_output_signature=tf.float32,
        )
    with _drawn_from(key):
        return layer(images, training=True)


def _loops(layer: keras.layers.Layer) -> bool:
    """Whether a layer draws anew for each picture of a batch, in a loop."""
    kinds = [kind.__name__ for kind in type(layer).__mro__]
    return "BaseImageAugmentationLayer" in kinds


@contextlib.contextmanager
def _drawn_from(key):
    """Lets layers draw from a key, int64 `(2,)`, one number after another.

    Traced is a call at a time: patches are seen by what is traced alone.
    """
    numbers = itertools.count()

    def next_seed():
        return tf.random.experimental.stateless_fold_in(key, next(numbers))

    def draw_seed(generator, ordered=True):
        return tf.cast(next_seed(), generator.state.dtype)

    with contextlib.ExitStack() as patches:

        def replace(owner, name, value):
            patches.enter_context(mock.patch.object(owner, name, value))

        replace(keras.random.SeedGenerator, "next", draw_seed)
        for name in _DRAWS:
            draw = _seeded(getattr(tf.random, f"stateless_{name}"), next_seed)
            replace(tf.random, name, draw)
            replace(
                tf.random.Generator,
                name,
                lambda _, *a, _d=draw, **n: _d(*a, **n),
            )
        yield


def _seeded(operation: Callable, next_seed: Callable) -> Callable:
    """Makes a stateless operation look like the one that has a state."""

    def draw(shape, *arguments, seed=None, **named):
        return operation(shape, next_seed(), *arguments, **named)

    return draw


def _check_shape(words: LayerWords, changed, images) -> None:
    found = getattr(changed, "shape", None)
    if found != images.shape:
        raise RequestError(
            f"`augmentation`: {words} has to leave pictures as large as they "
            f"are. Expected: {tuple(images.shape)}. Received: "
            f"{found and tuple(found)}"
        )


def _layer_words(layer: keras.layers.Layer) -> LayerWords:
    library = type(layer).__module__.split(".")[0]
    if library not in LIBRARIES:
        raise RequestError(
            f"`augmentation`: {type(layer).__name__} is no layer of Keras or "
            "keras-cv, and a run that goes on could not make it again."
        )
    config = keras.saving.serialize_keras_object(layer)["config"]
    unsaid = {"name", "trainable", "dtype", "seed", "data_format"}
    named = ((name, config[name]) for name in config if name not in unsaid)
    return LayerWords(
        *(library, type(layer).__name__, ()),
        tuple((name, value) for name, value in named if value is not None),
    )
