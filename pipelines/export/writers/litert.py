"""LiteRT, once TensorFlow Lite: phones, single boards, and any CPU."""

import collections
import pathlib
import threading

import numpy as np
import tensorflow as tf

from pipelines.export.formats import FLOAT16
from pipelines.export.formats import PROGRAMS
from pipelines.export.writers.savedmodel import saved_for_converters
from pipelines.waiting.held_back import quiet_at_first
from zoo.weights.atomic import write_atomically

FILE = PROGRAMS["litert"].file
# An interpreter is made ready for one shape; of so many it is kept.
_READY = 8


def write(program, folder: pathlib.Path, precision: str) -> None:
    """Writes `model.tflite` into a folder.

    Args:
        program: A `pipelines.export.program.Program`.
        folder: Which is there.
        precision: float32, or float16 for weights of half the size, which
            are computed with in float32 where a processor has nothing else.

    Raises:
        OSError: It cannot be written.
    """
    with saved_for_converters(program) as saved:
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        if precision == FLOAT16:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        write_atomically(folder / FILE, converter.convert())


def open_runtime(folder, threads: int | None = None):
    """Returns a function of uint8 pictures (n, height, width, 3).

    Args:
        folder: With `model.tflite`.
        threads: How many compute; the runtime's own choice where None.
    """
    from ai_edge_litert.interpreter import Interpreter

    content = (pathlib.Path(folder) / FILE).read_bytes()
    ready: collections.OrderedDict = collections.OrderedDict()
    # An interpreter serves one caller at a time.
    lock = threading.Lock()

    def interpreter_for(shape):
        if shape not in ready:
            made = Interpreter(model_content=content, num_threads=threads)
            place = made.get_input_details()[0]["index"]
            made.resize_tensor_input(place, shape)
            made.allocate_tensors()
            ready[shape] = made
            if len(ready) > _READY:
                ready.popitem(last=False)
        ready.move_to_end(shape)
        return ready[shape]

    def answer(pictures):
        pictures = np.asarray(pictures)
        with lock:
            found = interpreter_for(pictures.shape)
            found.set_tensor(found.get_input_details()[0]["index"], pictures)
            found.invoke()
            return found.get_tensor(found.get_output_details()[0]["index"])

    return quiet_at_first(answer)
