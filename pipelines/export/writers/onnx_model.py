"""ONNX, run by onnxruntime: servers, browsers, and what others convert."""

import contextlib
import logging
import pathlib

import numpy as np

from pipelines.export.formats import PROGRAMS
from zoo.errors import IntegrityError
from zoo.weights.atomic import write_atomically

FILE = PROGRAMS["onnx"].file
# Which onnxruntime 1.14 and everything later reads.
OPSET = 18
_SIDES = ("pictures", "height", "width")


def write(program, folder: pathlib.Path, precision: str) -> None:
    """Writes `model.onnx` into a folder.

    Args:
        program: A `pipelines.export.program.Program`.
        folder: Which is there.
        precision: float32; see `pipelines.export.eight_bits` for int8.

    Raises:
        IntegrityError: tf2onnx has logged an error, which it does not raise.
        OSError: It cannot be written.
    """
    del precision
    model = convert(program)
    write_atomically(folder / FILE, model.SerializeToString())


def convert(program):
    """Returns a program as an `onnx.ModelProto`.

    Raises:
        IntegrityError: As for `write`.
    """
    import onnx
    import tf2onnx

    with refusing_logged_errors("tf2onnx"):
        model, _ = tf2onnx.convert.from_function(
            program.function,
            input_signature=program.function.input_signature,
            opset=OPSET,
            custom_op_handlers={"Erfc": (_erfc, [])},
        )
    (taken,), (given,) = model.graph.input, model.graph.output
    for place, name in enumerate(_SIDES):
        taken.type.tensor_type.shape.dim[place].dim_param = name
    given.type.tensor_type.shape.dim[0].dim_param = _SIDES[0]
    onnx.checker.check_model(model)
    return model


def _erfc(graph, node, name: str, _) -> None:
    """Of GELU, which TensorFlow writes by what ONNX and tf2onnx lack."""
    node.type = "Erf"
    one = graph.make_const(f"{name}_one", np.float32(1))
    (erf,) = node.output
    graph.insert_new_node_on_output(
        "Sub", erf, inputs=[one.output[0], erf], name=f"{name}_one_minus"
    )


@contextlib.contextmanager
def refusing_logged_errors(name: str):
    """Makes an error of what a library logs as one.

    Args:
        name: Of its logger.

    Raises:
        IntegrityError: Something was logged as an error; the first is told.

    Example:

    ```python
    import logging
    from pipelines.export.writers.onnx_model import refusing_logged_errors
    from zoo.errors import IntegrityError
    try:
        with refusing_logged_errors("converter"):
            logging.getLogger("converter.rewriter").error("op is unknown")
    except IntegrityError as error:
        assert "op is unknown" in str(error)
    ```
    """
    errors: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record):
            errors.append(record.getMessage())

    logger, handler = logging.getLogger(name), Listening(logging.ERROR)
    before = logger.propagate
    logger.addHandler(handler)
    # What it says besides is for those who work on converters.
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before
    if errors:
        raise IntegrityError(
            f"{name} has met an error and would have written a file all the "
            f"same: {errors[0]}. Nothing was written; try another `format`."
        )


def open_runtime(folder, threads: int | None = None):
    """Returns a function of uint8 pictures (n, height, width, 3).

    Args:
        folder: With `model.onnx`.
        threads: How many compute; all where None.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    # Its warnings are about what it optimises.
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(pathlib.Path(folder) / FILE),
        options,
        providers=["CPUExecutionProvider"],
    )
    (taken,) = session.get_inputs()
    return lambda pictures: session.run(None, {taken.name: pictures})[0]
