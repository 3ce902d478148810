"""Eight bits for LiteRT, by TensorFlow's converter."""

import pathlib
import warnings

import numpy as np
import tensorflow as tf

from pipelines.export.program import FRAMING
from pipelines.export.writers.litert import FILE
from pipelines.export.writers.savedmodel import saved_for_converters
from zoo.weights.atomic import write_atomically


def write(
    program,
    folder: pathlib.Path,
    calibration: list[np.ndarray],
    *,
    float_logits: bool = False,
) -> None:
    """Writes `model.tflite`, whose network computes with int8.

    Args:
        program: A `pipelines.export.program.Program`.
        folder: Which is there.
        calibration: Decoded pictures, uint8 (height, width, 3).
        float_logits: Whether the last layer stays in float.

    Raises:
        OSError: It cannot be written.
    """
    with saved_for_converters(program) as saved, warnings.catch_warnings():
        # Its debugger warns of the interpreter that it takes itself.
        warnings.simplefilter("ignore")
        float_file = tf.lite.TFLiteConverter.from_saved_model(saved).convert()
        kept = _kept_in_float(float_file, float_logits=float_logits)
        write_atomically(folder / FILE, _converted(saved, calibration, kept))


def _converted(saved: str, calibration, kept: list[str]) -> bytes:
    converter = tf.lite.TFLiteConverter.from_saved_model(saved)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [picture[np.newaxis]] for picture in calibration
    )
    # Only by way of its debugger does it leave out what it is told to.
    options = tf.lite.experimental.QuantizationDebugOptions(
        denylisted_nodes=kept
    )
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter,
        debug_dataset=lambda: ([calibration[0][np.newaxis]],),
        debug_options=options,
    )
    return debugger.get_nondebug_quantized_model()


def _kept_in_float(content: bytes, *, float_logits: bool) -> list[str]:
    """Returns what the results of operations are called that stay in float."""
    from ai_edge_litert.interpreter import Interpreter
    from ai_edge_litert.interpreter import OpResolverType

    # Without a delegate, which hides operations inside of its own.
    reader = Interpreter(
        model_content=content,
        experimental_op_resolver_type=(
            OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
    names = {
        each["index"]: each["name"] for each in reader.get_tensor_details()
    }
    kept, last = [], []
    for operation in reader._get_ops_details():
        results = [names[place] for place in operation["outputs"]]
        if any(FRAMING in name for name in results):
            kept += results
        if operation["op_name"] in _LAST:
            last = results
    return kept + last if float_logits else kept


# What a logits layer can become.
_LAST = ("FULLY_CONNECTED", "BATCH_MATMUL", "CONV_2D")
