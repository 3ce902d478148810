"""Measuring the step: what the fused BatchNorm is worth on this machine."""

import time

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.devices.batch_norm import trainable_copy
from pipelines.runs.config import PRECISIONS
from pipelines.tasks.classification import Classification
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.step import make_train_step


def benchmark_step(
    name: str, *, image_size: int, batch_size: int, rounds: int
) -> list[dict]:
    """Times the training step, variants in turn, on made-up pictures.

    Args:
        name: One of `zoo.list_models()`.
        image_size: In pixels.
        batch_size: Pictures a step.
        rounds: Steps timed of each variant.

    Returns:
        A row a variant: `name`, `images_per_second` (median) and
        `ratio_to_keras`, to Keras's BatchNorm in float32.
    """
    steps = {}
    for precision, policy in PRECISIONS.items():
        keras.config.set_dtype_policy(policy)
        model = zoo.create_model(name, input_shape=(image_size, image_size, 3))
        keras.config.set_dtype_policy("float32")
        steps[f"keras, {precision}"] = _step(model, batch_size)
        steps[f"fused, {precision}"] = _step(trainable_copy(model), batch_size)
    batch = _batch(image_size, batch_size)
    for step in steps.values():
        step(*batch)
    seconds = {variant: [] for variant in steps}
    for _ in range(rounds):
        for variant, step in steps.items():
            started = time.perf_counter()
            step(*batch).numpy()
            seconds[variant].append(time.perf_counter() - started)
    speeds = {
        variant: batch_size / float(np.median(times))
        for variant, times in seconds.items()
    }
    base = speeds["keras, float32"]
    return [
        {
            "name": variant,
            "images_per_second": speed,
            "ratio_to_keras": speed / base,
        }
        for variant, speed in speeds.items()
    ]


def _step(model, batch_size: int):
    optimizer = SGDWithL2(1e-3, l2=1e-4)
    optimizer.build(model.trainable_variables)
    return make_train_step(
        model,
        optimizer,
        tf.distribute.get_strategy(),
        task=Classification(),
        global_batch_size=batch_size,
    )


def _batch(image_size: int, batch_size: int):
    random = np.random.default_rng(0)
    shape = (batch_size, image_size, image_size, 3)
    images = random.integers(0, 256, shape, dtype="uint8")
    return tf.constant(images), tf.zeros((batch_size,), tf.int32)


def told(row: dict) -> str:
    """Writes a row of what `benchmark_step` returns as a line."""
    return (
        f"{row['name']:18} {row['images_per_second']:10,.0f} images/s "
        f"{row['ratio_to_keras']:6.2f} x"
    )
