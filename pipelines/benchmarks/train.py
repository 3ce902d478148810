"""Measuring training: our loop against Keras's own models and `fit`.

Both are the whole loop as people run it, on the same made pictures, with the
same optimizer, each with the scaling of pixels in its model. They take turns
in one process: every turn is an epoch of a few steps.
"""

import dataclasses
import statistics
import threading
import time
from collections.abc import Callable

import keras
import tensorflow as tf

import zoo
from pipelines.batches.training_data import TrainingData
from pipelines.benchmarks.made_pictures import made_batches
from pipelines.devices.batch_norm import trainable_copy
from pipelines.runs.config import PRECISIONS
from pipelines.training.trainer import Trainer
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class Network:
    """A network that both sides have.

    Args:
        theirs: Builds it of Keras's own parts, given the side of the pictures
            in pixels and the number of classes.
        image_size: In pixels, where not told.
        batch_size: Pictures a step, where not told.
        steps: In a turn.
        classes: As of the data set it is known for.
    """

    theirs: Callable[[int, int], keras.Model]
    image_size: int
    batch_size: int
    steps: int
    classes: int


def resnet50(image_size: int, classes: int) -> keras.Model:
    """`keras.applications`' ResNet-50, its scaling inside."""
    pixels = keras.Input((image_size, image_size, 3))
    x = keras.applications.resnet.preprocess_input(pixels)
    network = keras.applications.ResNet50(
        include_top=False, weights=None, input_tensor=x, pooling="avg"
    )
    return _with_head(network, classes)


def efficientnet_b0(image_size: int, classes: int) -> keras.Model:
    """`keras.applications`' EfficientNet-B0, which scales by itself."""
    network = keras.applications.EfficientNetB0(
        include_top=False,
        weights=None,
        input_shape=(image_size, image_size, 3),
        pooling="avg",
    )
    return _with_head(network, classes, dropout=0.2)


def resnet20(image_size: int, classes: int) -> keras.Model:
    """The ResNet for CIFAR as one writes it down in Keras.

    He et al., "Deep Residual Learning for Image Recognition", 2015, section
    4.2, with shortcuts that pad.
    """
    pixels = keras.Input((image_size, image_size, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    x = _conv_bn(x, 16)
    x = keras.layers.ReLU()(x)
    for width in (16, 32, 64):
        for block in range(3):
            x = _block(x, width, 2 if width > 16 and not block else 1)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return _with_head(keras.Model(pixels, x), classes)


def _conv_bn(x, width: int, strides: int = 1):
    x = keras.layers.Conv2D(width, 3, strides, padding="same", use_bias=False)(
        x
    )
    return keras.layers.BatchNormalization()(x)


def _block(x, width: int, strides: int):
    shortcut = x
    if strides > 1:
        more = (width - x.shape[-1]) // 2
        shortcut = keras.layers.AveragePooling2D(1, strides)(x)
        shortcut = keras.ops.pad(shortcut, [[0, 0]] * 3 + [[more, more]])
    x = keras.layers.ReLU()(_conv_bn(x, width, strides))
    return keras.layers.ReLU()(
        keras.layers.Add()([_conv_bn(x, width), shortcut])
    )


def _with_head(network, classes: int, dropout: float = 0.0) -> keras.Model:
    """Logits in float32, as Keras's guide to mixed precision asks for."""
    x = network.output
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(
        network.input, keras.layers.Dense(classes, dtype="float32")(x)
    )


NETWORKS = {
    "resnet50": Network(resnet50, 224, 8, 2, 1000),
    "efficientnet_b0": Network(efficientnet_b0, 224, 8, 2, 1000),
    "resnet20": Network(resnet20, 32, 128, 10, 10),
}


def benchmark_train(
    names=tuple(NETWORKS),
    *,
    precisions=("float32", "bfloat16"),
    image_size: int | None = None,
    batch_size: int | None = None,
    rounds: int = 5,
    progress=None,
) -> list[dict]:
    """Trains networks in our loop and in Keras's `fit`, in turn.

    Args:
        names: Out of `NETWORKS`.
        precisions: Out of `PRECISIONS`.
        image_size: In pixels; each network's own where None.
        batch_size: Pictures a step; each network's own where None.
        rounds: Turns of each that are timed; one more comes before.
        progress: Called with the numbers of turns done and in all.

    Returns:
        A row a side, network and precision: `name`, `images_per_second` (the
        median of the rounds), `ratio_to_keras` (the median of the ratios
        within a round, to `fit` in the same precision) and
        `seconds_tracing` (from the call to the end of the first step).

    Raises:
        RequestError: There is no such network or precision.
    """
    _check("models", names, NETWORKS)
    _check("precisions", precisions, PRECISIONS)
    rows = []
    turns = rounds + 1
    for place, name in enumerate(names):
        network = NETWORKS[name]
        network = dataclasses.replace(
            network,
            image_size=image_size or network.image_size,
            batch_size=batch_size or network.batch_size,
        )

        def tell(done, first=place * turns):
            if progress:
                progress(first + done, len(names) * turns)

        sides = _sides(name, network, precisions, turns)
        _take_turns(list(sides.values()), turns, tell)
        rows += _rows(name, sides, precisions, network)
    return rows


def _check(flag: str, wanted, known) -> None:
    if not wanted or (wrong := set(wanted) - set(known)):
        received = ",".join(sorted(wrong)) if wanted else "none"
        raise RequestError(
            f"`{flag}` is some of: {', '.join(known)}. Received: {received}"
        )


def _sides(name, network: Network, precisions, turns: int) -> dict:
    """Returns the loops, by side and precision; none has begun."""
    data = made_batches(
        network.image_size,
        network.batch_size,
        classes=network.classes,
        steps_per_epoch=network.steps,
    )
    sides = {}
    for precision in precisions:
        keras.config.set_dtype_policy(PRECISIONS[precision])
        try:
            ours = _ours(name, network)
            theirs = network.theirs(network.image_size, network.classes)
        finally:
            keras.config.set_dtype_policy("float32")
        sides["ours", precision] = _Loop(_our_loop(ours, data, turns))
        sides["keras", precision] = _Loop(_their_loop(theirs, data, turns))
    return sides


def _ours(name: str, network: Network) -> keras.Model:
    side = network.image_size
    return trainable_copy(
        zoo.create_model(
            name, classes=network.classes, input_shape=(side, side, 3)
        )
    )


def _sgd() -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(1e-3, momentum=0.9, nesterov=True)


def _our_loop(model, data: TrainingData, turns: int):
    trainer = Trainer(model, _sgd(), tf.distribute.get_strategy())
    return lambda turn: trainer.fit(data, epochs=turns, callbacks=[turn])


def _their_loop(model, data: TrainingData, turns: int):
    model.compile(
        optimizer=_sgd(),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return lambda turn: model.fit(
        data.dataset,
        epochs=turns,
        steps_per_epoch=data.steps_per_epoch,
        callbacks=[turn],
        # The pictures are what they are; otherwise Keras warns of it.
        shuffle=False,
        verbose=0,
    )


class _Turn(keras.callbacks.Callback):
    """Lets a loop go on for an epoch when it is its turn."""

    def __init__(self):
        super().__init__()
        self.mine = threading.Semaphore(0)
        self.done = threading.Semaphore(0)
        self.seconds = []
        self.seconds_tracing = None
        self._started = None

    def on_epoch_begin(self, epoch, logs=None):
        self.mine.acquire()
        self._started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if self.seconds_tracing is None:
            self.seconds_tracing = time.perf_counter() - self._started

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self._started)
        self.done.release()


class _Loop:
    """A loop in a thread of its own, which runs when it is told to."""

    def __init__(self, fit: Callable):
        self._turn = _Turn()
        self._problem = None
        self._thread = threading.Thread(
            target=self._run, args=(fit,), daemon=True
        )

    def _run(self, fit):
        try:
            fit(self._turn)
        except BaseException as error:
            self._problem = error
            self._turn.done.release()

    def go(self) -> None:
        """Runs one epoch, and returns when it is over."""
        if self._thread.ident is None:
            self._thread.start()
        self._turn.mine.release()
        self._turn.done.acquire()
        if self._problem is not None:
            raise self._problem

    def finish(self) -> None:
        self._thread.join()

    @property
    def seconds(self) -> list[float]:
        """Of each turn but the first, in which it was traced."""
        return self._turn.seconds[1:]

    @property
    def seconds_tracing(self) -> float:
        return self._turn.seconds_tracing


def _take_turns(loops: list[_Loop], turns: int, tell) -> None:
    for turn in range(turns):
        # Who comes after whom differs, so that none has a better place.
        for loop in loops if turn % 2 else reversed(loops):
            loop.go()
        tell(turn + 1)
    for loop in loops:
        loop.finish()


def _rows(name: str, sides, precisions, network: Network) -> list[dict]:
    images = network.batch_size * network.steps
    rows = []
    for (side, precision), loop in sides.items():
        base = sides["keras", precision].seconds
        ratios = [
            theirs / own for own, theirs in zip(loop.seconds, base, strict=True)
        ]
        rows.append(
            {
                "name": f"{side}, {name}, {precision}",
                "images_per_second": images / statistics.median(loop.seconds),
                "ratio_to_keras": statistics.median(ratios),
                "seconds_tracing": loop.seconds_tracing,
            }
        )
    return rows
