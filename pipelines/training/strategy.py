"""Where a run computes: one device, or several that act as one."""

import functools
import pathlib

import tensorflow as tf

from zoo.errors import RequestError


@functools.cache
def make_strategy() -> tf.distribute.Strategy:
    """Returns `MirroredStrategy` over all GPUs, or none where one is enough.

    Logical CPU devices count where there is no GPU, so that a machine
    without one can show what several do. A process has one strategy: the
    collective operations of two would be mistaken for each other.
    """
    devices = tf.config.list_logical_devices("GPU")
    if not devices:
        devices = tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def describe_devices(strategy: tf.distribute.Strategy) -> str:
    """Says how many devices compute, and of which kind."""
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    return f"{strategy.num_replicas_in_sync} {kind} device(s)"


def check_batch(batch_size: int, strategy: tf.distribute.Strategy) -> None:
    """Refuses a global batch that the devices cannot share evenly.

    Raises:
        RequestError: It is not a multiple of the number of devices.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size < 1 or batch_size % replicas:
        raise RequestError(
            f"--global_batch_size={batch_size} cannot be shared evenly by "
            f"{replicas} devices. Give a multiple of {replicas}."
        )


def quick_precision() -> str:
    """Returns the precision that the devices train fastest in.

    bfloat16 has hardware of its own in GPUs from compute capability 8.0 on
    and in processors with AMX; elsewhere it is converted to and fro.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = map(tf.config.experimental.get_device_details, gpus)
        new = all(
            each.get("compute_capability", (0,))[0] >= 8 for each in details
        )
        return "bfloat16" if new else "float32"
    cpu = pathlib.Path("/proc/cpuinfo")
    amx = cpu.is_file() and " amx_bf16" in cpu.read_text()
    return "bfloat16" if amx else "float32"
