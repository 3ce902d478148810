"""Eight bits for OpenVINO, by NNCF."""

import contextlib
import io
import logging
import pathlib

import numpy as np

from pipelines.export.writers.openvino_model import converted
from pipelines.export.writers.openvino_model import save

_WITH_WEIGHTS = ("Convolution", "GroupConvolution", "MatMul")


def write(
    program,
    folder: pathlib.Path,
    calibration: list[np.ndarray],
    *,
    float_logits: bool = False,
) -> None:
    """Writes `model.xml` and `model.bin`, which compute with int8.

    Args:
        program: A `pipelines.export.program.Program`.
        folder: Which is there.
        calibration: Decoded pictures, uint8 (height, width, 3).
        float_logits: Whether the last layer stays in float.

    Raises:
        OSError: It cannot be written.
    """
    import nncf

    nncf.set_log_level(logging.ERROR)
    pictures = [picture[np.newaxis] for picture in calibration]
    # Its bars are drawn where a person reads what the command says.
    nowhere = contextlib.redirect_stdout(io.StringIO())
    with converted(program) as model, nowhere:
        quantized = nncf.quantize(
            model,
            nncf.Dataset(pictures),
            # Symmetric weights, and ranges of their own for the rest.
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(pictures),
            ignored_scope=nncf.IgnoredScope(
                names=_kept_in_float(model, float_logits), validate=False
            ),
        )
        save(quantized, folder)


def _kept_in_float(model, float_logits: bool) -> list[str]:
    """Returns the nodes before the network, and the last if asked for."""
    nodes = model.get_ordered_ops()
    # The framing ends with what rounds to levels.
    end = [node for node in nodes if node.get_type_name() == "Floor"][-1]
    kept, left = set(), [end]
    while left:
        node = left.pop()
        if node.get_friendly_name() in kept:
            continue
        kept.add(node.get_friendly_name())
        left += [each.get_source_output().get_node() for each in node.inputs()]
    if float_logits:
        heavy = [n for n in nodes if n.get_type_name() in _WITH_WEIGHTS]
        kept.add(heavy[-1].get_friendly_name())
    return sorted(kept)
