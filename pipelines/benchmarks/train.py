"""Measuring training: our loop against Keras's own models and `fit`.

Both are the whole loop as people run it, on the same made pictures, with the
same optimizer, each with the scaling of pixels in its model. They take turns
in one process: every turn is an epoch of a few steps.
"""

import dataclasses
import statistics

import keras
import tensorflow as tf

import zoo
from pipelines.batches.training_data import TrainingData
from pipelines.benchmarks.keras_networks import NETWORKS
from pipelines.benchmarks.keras_networks import KerasNetwork
from pipelines.benchmarks.made_pictures import made_batches
from pipelines.benchmarks.taking_turns import TurnLoop
from pipelines.benchmarks.taking_turns import take_turns
from pipelines.devices.batch_norm import trainable_copy
from pipelines.runs.config import PRECISIONS
from pipelines.tasks.classification import Classification
from pipelines.training.trainer import Trainer
from zoo.errors import RequestError


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
        take_turns(list(sides.values()), turns, tell)
        rows += _rows(name, sides, precisions, network)
    return rows


def _check(flag: str, wanted, known) -> None:
    if not wanted or (wrong := set(wanted) - set(known)):
        received = ",".join(sorted(wrong)) if wanted else "none"
        raise RequestError(
            f"`{flag}` is some of: {', '.join(known)}. Received: {received}"
        )


def _sides(name, network: KerasNetwork, precisions, turns: int) -> dict:
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
        sides["ours", precision] = TurnLoop(_our_loop(ours, data, turns))
        sides["keras", precision] = TurnLoop(_their_loop(theirs, data, turns))
    return sides


def _ours(name: str, network: KerasNetwork) -> keras.Model:
    side = network.image_size
    return trainable_copy(
        zoo.create_model(
            name, classes=network.classes, input_shape=(side, side, 3)
        )
    )


def _sgd() -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(1e-3, momentum=0.9, nesterov=True)


def _our_loop(model, data: TrainingData, turns: int):
    trainer = Trainer(
        model, _sgd(), tf.distribute.get_strategy(), Classification()
    )
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


def _rows(name: str, sides, precisions, network: KerasNetwork) -> list[dict]:
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


def told(row: dict) -> str:
    """Writes a row of what `benchmark_train` returns as a line."""
    return (
        f"{row['name']:32} {row['images_per_second']:10,.1f} images/s "
        f"{row['ratio_to_keras']:6.2f} x, traced in "
        f"{row['seconds_tracing']:.0f} s"
    )
