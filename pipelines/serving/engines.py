"""What computes logits of pictures that are framed: one row a runtime.

Keras's own function is compiled here. The others run what the room of exports
writes, of the network alone: framing was done before, by the operations that
evaluation has.
"""

import dataclasses
import importlib.util
import pathlib
import tempfile
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
import tensorflow as tf

import zoo
from pipelines.runs.settings import AUTO
from pipelines.serving.settings import ENGINES
from pipelines.waiting.work import work
from zoo.errors import RequestError
from zoo.extras import installing

# Batches that are timed of each engine: the quickest counts, which nothing
# else that goes on can make quicker.
_TIMED = 5


class Engine(Protocol):
    """Computes; by one thread at a time.

    Args:
        pictures: uint8 of shape (pictures, side, side, 3), as a
            `pipelines.serving.reading.Reader` frames them.

    Returns:
        float32 logits of shape (pictures, classes).
    """

    def __call__(self, pictures: np.ndarray) -> np.ndarray: ...


@dataclasses.dataclass(frozen=True)
class Runtime:
    """A row of the table of engines.

    Args:
        open: Given a model and a number of threads, returns an `Engine`.
        packages: What has to be installed beside the project.
    """

    open: Callable
    packages: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Packages that are not installed."""
        return [
            name
            for name in self.packages
            if importlib.util.find_spec(name) is None
        ]


def open_engine(name: str, model, *, batch: int, threads: int):
    """Opens a model's engine.

    Args:
        name: One of `ENGINES`, or `"auto"` for the quickest that is there.
        model: A model of the zoo.
        batch: Of so many pictures it will be asked at most.
        threads: How many compute.

    Returns:
        Its name, and an `Engine`.

    Raises:
        RequestError: A package is missing, or the network cannot be converted.
    """
    if name != AUTO:
        return name, _opened(name, model, threads)
    found = {}
    for each in ENGINES:
        if RUNTIMES[each].missing:
            continue
        try:
            found[each] = _opened(each, model, threads)
        except RequestError:
            # Not every format takes every network; Keras does.
            continue
    if len(found) == 1:
        return next(iter(found.items()))
    with work("timing the engines"):
        size = zoo.preprocessing(model).image_size
        seconds = {
            each: _seconds(engine, (batch, size, size, 3))
            for each, engine in found.items()
        }
    quickest = min(seconds, key=seconds.get)
    return quickest, found[quickest]


def _opened(name: str, model, threads: int) -> Engine:
    row = RUNTIMES[name]
    if row.missing:
        raise RequestError(
            f"`engine={name}` needs {', '.join(row.missing)}. Take "
            f"`engine=keras`, or {installing('export')}"
        )
    with work(f"opening the engine {name}"):
        return row.open(model, threads)


def _seconds(engine: Engine, shape) -> float:
    pictures = np.zeros(shape, "uint8")
    engine(pictures)
    taken = []
    for _ in range(_TIMED):
        before = time.perf_counter()
        engine(pictures)
        taken.append(time.perf_counter() - before)
    return min(taken)


def _keras(model, threads: int) -> Engine:
    del threads
    compute = tf.function(
        lambda pixels: model(pixels, training=False),
        input_signature=[_signature(model)],
        autograph=False,
    )
    return lambda pictures: compute(tf.constant(pictures)).numpy()


def _exported(format: str) -> Callable:
    def open(model, threads: int) -> Engine:
        from pipelines.export.exporting import convert
        from pipelines.export.exporting import writer_of
        from pipelines.export.formats import FLOAT32
        from pipelines.export.formats import PROGRAMS

        row, program = PROGRAMS[format], _network_alone(model)
        writer = writer_of(row)
        with tempfile.TemporaryDirectory(prefix="zoo-serving-") as name:
            place = pathlib.Path(name)
            convert(
                program,
                row,
                lambda: writer.write(program, place, FLOAT32),
            )
            return writer.open_runtime(place, threads)

    return open


def _network_alone(model):
    """Returns the program of a network whose pictures are framed already."""
    from pipelines.export.formats import LOGITS
    from pipelines.export.program import Program

    function = tf.function(
        lambda pixels: {LOGITS: tf.identity(model(pixels, training=False))},
        input_signature=[_signature(model)],
        autograph=False,
    )
    return Program(model, LOGITS, zoo.preprocessing(model), function)


def _signature(model) -> tf.TensorSpec:
    size = zoo.preprocessing(model).image_size
    return tf.TensorSpec((None, size, size, 3), tf.uint8, "pixels")


RUNTIMES = {
    "keras": Runtime(_keras),
    "litert": Runtime(_exported("litert"), ("ai_edge_litert",)),
    "onnx": Runtime(_exported("onnx"), ("tf2onnx", "onnx", "onnxruntime")),
    "openvino": Runtime(_exported("openvino"), ("openvino",)),
}
