"""What a model can be written as. Pure Python: looked up before TensorFlow."""

import dataclasses
import importlib.util

from zoo.errors import RequestError

FLOAT32, FLOAT16, INT8 = "float32", "float16", "int8"
LOGITS, PROBABILITIES = "logits", "probabilities"
ANSWERS = (LOGITS, PROBABILITIES)
# Of the largest error, as a part of the logits' standard deviation.
MOST_ERROR = {FLOAT32: 1e-4, FLOAT16: 1e-2}
EXTRA = "pip install 'keras-zoo[export]'"


@dataclasses.dataclass(frozen=True)
class Format:
    """A way to write a model.

    Args:
        name: As `format` takes it.
        title: For a person.
        file: What is written, below the folder of its version.
        packages: What it needs beside TensorFlow, by the names of modules.
        precisions: In which numbers its weights can be; the first is usual.
        servers: Which servers read it, names of `pipelines.export.layouts`.
    """

    name: str
    title: str
    file: str
    packages: tuple[str, ...] = ()
    precisions: tuple[str, ...] = (FLOAT32,)
    servers: tuple[str, ...] = ()


_ROWS = (
    Format(
        "savedmodel",
        "TensorFlow's SavedModel",
        ".",
        servers=("tensorflow_serving", "kserve"),
    ),
    Format(
        "litert",
        "LiteRT, once TensorFlow Lite",
        "model.tflite",
        ("ai_edge_litert",),
        (FLOAT32, FLOAT16, INT8),
        servers=("openvino_model_server",),
    ),
    Format(
        "onnx",
        "ONNX",
        "model.onnx",
        ("tf2onnx", "onnx", "onnxruntime"),
        (FLOAT32, INT8),
        servers=("triton", "openvino_model_server", "kserve"),
    ),
    Format(
        "openvino",
        "OpenVINO's representation",
        "model.xml",
        ("openvino",),
        (FLOAT32, FLOAT16, INT8),
        servers=("triton", "openvino_model_server", "kserve"),
    ),
)
PROGRAMS = {row.name: row for row in _ROWS}
# What eight bits need beyond the format itself.
_INT8_PACKAGES = {"openvino": ("nncf",)}


def check_format(name: str, precision: str) -> Format:
    """Refuses what cannot be written, or not with what is installed.

    Args:
        name: Of a format in `PROGRAMS`.
        precision: Of its weights.

    Raises:
        RequestError: Says what can be, or what has to be installed.

    Example:

    ```python
    from pipelines.export.formats import check_format
    assert check_format("savedmodel", "float32").file == "."
    ```
    """
    row = PROGRAMS[name]
    if precision not in row.precisions:
        takes = [each.name for each in _ROWS if precision in each.precisions]
        raise RequestError(
            f"`precision={precision}` is not for `format={name}`, which is "
            f"written in {', '.join(row.precisions)}. {precision} is for: "
            f"{', '.join(takes)}."
        )
    more = _INT8_PACKAGES.get(name, ()) if precision == INT8 else ()
    check_packages(f"`format={name}`", (*row.packages, *more))
    return row


def check_packages(what: str, packages) -> None:
    """Refuses what needs packages that are not installed.

    Args:
        what: Needs them, for the message.
        packages: The names of modules.

    Raises:
        RequestError: Names what is missing.
    """
    missing = [
        name for name in packages if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise RequestError(
            f"{what} needs {', '.join(missing)}, which "
            f"{'is' if len(missing) == 1 else 'are'} not there. Expected: "
            f"{EXTRA}"
        )
