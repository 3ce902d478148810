"""Trains for some steps in a process of its own, which may well fail.

    python -m pipelines.doctor.probe '{"task": "finite"}'

What it has found is a line of JSON, the last one of the standard output.
"""

import json
import os
import pathlib
import sys
import time

_STEPS = 4
_PRIORITY = pathlib.Path("/proc/self/oom_score_adj")


def compare_devices() -> dict:
    """Trains on one device and on several, from the same weights."""
    import tensorflow as tf

    if len(tf.config.list_physical_devices("GPU")) < 2:
        _make_two_of_the_processor()
    # It would hide what several devices do differently.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    from pipelines.devices.strategy import make_strategy

    several = make_strategy()
    count = several.num_replicas_in_sync
    return {
        "devices": count,
        "kind": "GPU" if tf.config.list_logical_devices("GPU") else "CPU",
        "one": _losses(tf.distribute.get_strategy(), 4 * count),
        "several": _losses(several, 4 * count),
    }


def _make_two_of_the_processor() -> None:
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )


def find_infinities() -> dict:
    """Trains in every precision, and returns the losses."""
    import keras
    import tensorflow as tf

    from pipelines.runs.config import PRECISIONS

    found = {}
    for precision, policy in PRECISIONS.items():
        keras.config.set_dtype_policy(policy)
        found[precision] = _losses(tf.distribute.get_strategy(), 8)
    return found


def _losses(strategy, batch_size: int) -> list[float]:
    """Returns the loss of each of some steps of a small network."""
    import keras

    from zoo.resnet import ResNet
    from zoo.resnet import ResNetSpec

    keras.utils.set_random_seed(0)
    spec = ResNetSpec(
        "tiny",
        repeats=(1, 1),
        bottleneck=False,
        stem="cifar",
        shortcut="pad",
        widths=(8, 16),
        image_size=16,
        classes=4,
    )
    trainer, data = _trainer(
        lambda: ResNet(spec, input_shape=(16, 16, 3)), strategy, 16, batch_size
    )
    history = trainer.fit(data, epochs=_STEPS)
    return [logs["loss"] for logs in history]


def _trainer(build, strategy, image_size: int, batch_size: int):
    """Returns a trainer, and made pictures of which a step is an epoch."""
    import keras

    from pipelines.benchmarks.made_pictures import made_batches
    from pipelines.devices.batch_norm import trainable_copy
    from pipelines.tasks.classification import Classification
    from pipelines.training.optimizers import SGDWithL2
    from pipelines.training.trainer import Trainer

    with strategy.scope():
        model = trainable_copy(build(), strategy.num_replicas_in_sync)
        optimizer = SGDWithL2(0.01, l2=1e-4)
        if keras.config.dtype_policy().compute_dtype == "float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    data = made_batches(
        image_size,
        batch_size,
        classes=model.output_shape[-1],
        steps_per_epoch=1,
        batches=1,
    )
    return Trainer(model, optimizer, strategy, Classification()), data


def try_model(
    model: str, image_size: int, batch_size: int, precision: str
) -> dict:
    """Takes real steps, and says how long they took and what they needed."""
    import keras

    import zoo
    from pipelines.devices.memory import peak_bytes
    from pipelines.devices.memory import peak_gpu_bytes
    from pipelines.devices.strategy import make_strategy
    from pipelines.runs.config import PRECISIONS

    if _PRIORITY.exists():
        # Where memory runs out, this process is the one to end.
        _PRIORITY.write_text("1000")
    keras.config.set_dtype_policy(PRECISIONS[precision])
    shape = (image_size, image_size, 3)
    trainer, data = _trainer(
        lambda: zoo.create_model(model, input_shape=shape),
        make_strategy(),
        image_size,
        batch_size,
    )
    seconds = []

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.started = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            seconds.append(time.perf_counter() - self.started)

    trainer.fit(data, epochs=_STEPS, callbacks=[Clock()])
    return {
        "seconds_first_step": seconds[0],
        "seconds_a_step": min(seconds[1:]),
        "peak_bytes": peak_bytes(),
        "peak_gpu_bytes": peak_gpu_bytes(),
    }


TASKS = {
    "devices": compare_devices,
    "finite": find_infinities,
    "model": try_model,
}


def answer(text: str) -> dict:
    """Runs a task and returns what it has found, or the `problem`."""
    import tensorflow as tf

    asked = json.loads(text)
    try:
        return TASKS[asked.pop("task")](**asked)
    except (tf.errors.ResourceExhaustedError, MemoryError):
        return {"problem": "memory"}
    except ValueError as error:
        # What the user has asked for wrongly; all else shows its traceback.
        if not hasattr(error, "exit_code"):
            raise
        return {"problem": str(error)}


def main(text: str) -> None:
    # Libraries write to the standard output, which is for the answer here.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        print(json.dumps(answer(text)), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
