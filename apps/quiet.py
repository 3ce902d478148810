"""Starting TensorFlow without its greeting.

Its libraries write a dozen lines about the processor and missing drivers
before any of their settings can stop them, and a newcomer reads them as
errors.

Nor does it import what it only looks for: half of TensorFlow's start went into
JAX, scikit-learn and Matplotlib, which its converters and Keras's wrappers and
drawings would use, and no command does; a quarter of the rest into looking for
garbage among modules, where there is none.
"""

import contextlib
import gc
import os
import platform
import sys

from pipelines.waiting.held_back import held_back_errors

# What TensorFlow and Keras import if it is there, and do without if not.
_OPTIONAL = ("jax", "matplotlib", "pandas", "scipy", "sklearn")


@contextlib.contextmanager
def _without(modules):
    """Makes importing some modules fail, as if they were not installed."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextlib.contextmanager
def _kept_for_good():
    """What is made inside is never looked through for garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def start_tensorflow() -> None:
    """Imports TensorFlow and looks for devices, without a word."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Its convolutions of Intel's library, which it leaves alone on x86
    # processors without AVX-512 and which are twice as fast there as well.
    if platform.machine().lower() in ("x86_64", "amd64"):
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # Its memory is more often still in the processor's cache: pictures are
    # cast much faster than with the C library's (docs/performance.md).
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")
    with held_back_errors(), _without(_OPTIONAL), _kept_for_good():
        import tensorflow as tf

        tf.config.list_physical_devices()
