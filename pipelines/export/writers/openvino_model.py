"""OpenVINO: Intel's and others' CPUs, and its model server."""

import contextlib
import pathlib

from pipelines.export.formats import FLOAT16
from pipelines.export.formats import PROGRAMS
from pipelines.export.writers.savedmodel import saved_for_converters

FILE = PROGRAMS["openvino"].file


def write(program, folder: pathlib.Path, precision: str) -> None:
    """Writes `model.xml` and `model.bin` into a folder.

    Args:
        program: A `pipelines.export.program.Program`.
        folder: Which is there.
        precision: float32, or float16 for weights of half the size.

    Raises:
        OSError: It cannot be written.
    """
    with converted(program) as model:
        save(model, folder, half=precision == FLOAT16)


@contextlib.contextmanager
def converted(program):
    """Gives a program as an `openvino.Model` while the context lasts.

    Its weights lie in the files that it was read from.
    """
    import openvino

    with saved_for_converters(program) as saved:
        yield openvino.convert_model(saved)


def save(model, folder: pathlib.Path, *, half: bool = False) -> None:
    """Writes an `openvino.Model`.

    Args:
        model: The model.
        folder: Which is there.
        half: Whether its weights are made float16, as OpenVINO does unasked.

    Raises:
        OSError: It cannot be written.
    """
    import openvino

    try:
        openvino.save_model(model, folder / FILE, compress_to_fp16=half)
    except RuntimeError as error:
        raise OSError(f"{folder / FILE}: {error}") from error


def open_runtime(folder, threads: int | None = None):
    """Returns a function of uint8 pictures (n, height, width, 3).

    Args:
        folder: With `model.xml`.
        threads: How many compute; all where None.
    """
    import openvino

    # By itself it computes in bfloat16 where a processor has that.
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    compiled = openvino.Core().compile_model(
        str(pathlib.Path(folder) / FILE), "CPU", settings
    )
    return lambda pictures: compiled(pictures)[0].copy()
