"""How much memory this process has needed at most."""

import resource
import sys

import tensorflow as tf

_GIB = 2**30


def peak_bytes() -> int:
    """Returns the most memory of the host that was in use, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts KiB, macOS bytes.
    return most if sys.platform == "darwin" else most * 1024


def peak_gpu_bytes() -> int | None:
    """Returns the same of the GPU that needed most; None where there is none.

    It is what TensorFlow used of what it had reserved.
    """
    gpus = tf.config.list_logical_devices("GPU")
    if not gpus:
        return None
    infos = [tf.config.experimental.get_memory_info(gpu.name) for gpu in gpus]
    return max(info["peak"] for info in infos)


def peak_memory() -> str:
    """Says both in words: `peak memory 1.2 GiB, GPU 10.5 GiB`."""
    text = f"peak memory {peak_bytes() / _GIB:.1f} GiB"
    gpu = peak_gpu_bytes()
    return text if gpu is None else f"{text}, GPU {gpu / _GIB:.1f} GiB"
