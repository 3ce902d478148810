"""Starting TensorFlow without its greeting.

Its libraries write a dozen lines about the processor and missing drivers
before any of their settings can stop them, and a newcomer reads them as
errors.
"""

import contextlib
import os
import platform
import sys
import tempfile


@contextlib.contextmanager
def held_back_errors():
    """Keeps what is written to the error stream, and shows it on failure."""
    sys.stderr.flush()
    stream = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(stream, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stream, 2)
            os.close(stream)


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
    with held_back_errors():
        import tensorflow as tf

        tf.config.list_physical_devices()
