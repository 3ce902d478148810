"""Eight bits for ONNX: QDQ form, per channel, by onnxruntime."""

import pathlib
import tempfile

import numpy as np

from pipelines.export.program import PIXELS
from pipelines.export.writers.onnx_model import FILE
from pipelines.export.writers.onnx_model import convert
from zoo.weights.atomic import write_atomically

# What has weights; the others are quantised where they lie in between.
_WITH_WEIGHTS = ("Conv", "Gemm", "MatMul")


def write(
    program,
    folder: pathlib.Path,
    calibration: list[np.ndarray],
    *,
    float_logits: bool = False,
) -> None:
    """Writes `model.onnx`, whose network computes with int8.

    Args:
        program: A `pipelines.export.program.Program`.
        folder: Which is there.
        calibration: Decoded pictures, uint8 (height, width, 3).
        float_logits: Whether the last layer stays in float.

    Raises:
        IntegrityError: tf2onnx has logged an error.
        OSError: It cannot be written.
    """
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    model = convert(program)
    with tempfile.TemporaryDirectory(prefix="zoo-export-") as place:
        plain, prepared = f"{place}/plain.onnx", f"{place}/prepared.onnx"
        pathlib.Path(plain).write_bytes(model.SerializeToString())
        # Folds BatchNorm into convolutions; symbolic shapes need sympy.
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        written = f"{place}/int8.onnx"
        quantization.quantize_static(
            prepared,
            written,
            _Reader(calibration),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=_kept_in_float(prepared, float_logits),
        )
        content = pathlib.Path(written).read_bytes()
    write_atomically(folder / FILE, content)


class _Reader:
    """Gives the calibration pictures, one at a time."""

    def __init__(self, pictures):
        self._pictures = iter(pictures)

    def get_next(self):
        picture = next(self._pictures, None)
        return None if picture is None else {PIXELS: picture[np.newaxis]}


def _kept_in_float(path: str, float_logits: bool) -> list[str]:
    """Returns the nodes before the network, and the last if asked for."""
    import onnx

    nodes = onnx.load(path).graph.node
    by_result = {name: node for node in nodes for name in node.output}
    # The framing ends with what rounds to levels.
    ends = [node for node in nodes if node.op_type == "Floor"]
    kept, left = set(), [ends[-1]]
    while left:
        node = left.pop()
        if node.name in kept:
            continue
        kept.add(node.name)
        left += [by_result[name] for name in node.input if name in by_result]
    if float_logits:
        last = [node for node in nodes if node.op_type in _WITH_WEIGHTS][-1]
        kept.add(last.name)
    return sorted(kept)
