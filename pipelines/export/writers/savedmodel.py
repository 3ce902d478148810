"""TensorFlow's SavedModel."""

import contextlib
import pathlib
import tempfile

import tensorflow as tf

from pipelines.waiting.held_back import quiet_at_first
from zoo.exporting import write_function


def write(program, folder: pathlib.Path, precision: str) -> None:
    """Writes a program into a folder, each of its weights once.

    Args:
        program: A `pipelines.export.program.Program`.
        folder: Which is there.
        precision: float32; there is no other.

    Raises:
        OSError: It cannot be written.
    """
    del precision
    write_function(program.function, program.model.weights, folder)


def open_runtime(folder, threads: int | None = None):
    """Returns a function of uint8 pictures (n, height, width, 3).

    Args:
        folder: Of a SavedModel.
        threads: TensorFlow has those of its process.
    """
    del threads
    loaded = tf.saved_model.load(str(folder))
    serve = loaded.signatures["serving_default"]

    @quiet_at_first
    def answer(pictures):
        (found,) = serve(pixels=tf.constant(pictures)).values()
        return found.numpy()

    # What holds the variables has to live as long as the function.
    answer.holds = loaded
    return answer


@contextlib.contextmanager
def saved_for_converters(program):
    """Gives the folder of a program's SavedModel while the context lasts."""
    with tempfile.TemporaryDirectory(prefix="zoo-export-") as folder:
        write_function(program.function, program.model.weights, folder)
        yield folder
