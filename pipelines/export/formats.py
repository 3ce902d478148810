"""What a model can be written as. Pure Python: looked up before TensorFlow."""

import dataclasses
import importlib.util

from pipelines.export.browser_runtime import check_obtainable
from zoo.errors import RequestError
from zoo.extras import installing

FLOAT32, FLOAT16, INT8 = "float32", "float16", "int8"
LOGITS, PROBABILITIES = "logits", "probabilities"
ANSWERS = (LOGITS, PROBABILITIES)
# Of the largest error, as a part of the logits' standard deviation.
MOST_ERROR = {FLOAT32: 1e-4, FLOAT16: 1e-2}


@dataclasses.dataclass(frozen=True)
class Format:
    """A way to write a model.

    Args:
        name: As `format` takes it.
        title: For a person.
        file: What is written, below the folder of its version.
        writer: The module that writes it and opens its runtime.
        eight_bits: The module that writes it in eight bits; empty where it
            has none.
        packages: What it needs beside TensorFlow, by the names of modules.
        for_eight_bits: What eight bits need beyond that.
        floats: In which numbers its weights can be; the first is usual.
        servers: Which servers read it, names of `pipelines.export.layouts`.
        page: Whether a page for browsers lies beside it.
    """

    name: str
    title: str
    file: str
    writer: str
    eight_bits: str = ""
    packages: tuple[str, ...] = ()
    for_eight_bits: tuple[str, ...] = ()
    floats: tuple[str, ...] = (FLOAT32,)
    servers: tuple[str, ...] = ()
    page: bool = False

    @property
    def precisions(self) -> tuple[str, ...]:
        """All that its weights can be in."""
        return (*self.floats, INT8) if self.eight_bits else self.floats


_ROWS = (
    Format(
        "savedmodel",
        "TensorFlow's SavedModel",
        ".",
        "pipelines.export.writers.savedmodel",
        servers=("kserve",),
    ),
    Format(
        "litert",
        "LiteRT, once TensorFlow Lite",
        "model.tflite",
        "pipelines.export.writers.litert",
        "pipelines.export.eight_bits.litert",
        packages=("ai_edge_litert",),
        floats=(FLOAT32, FLOAT16),
        servers=("openvino_model_server",),
    ),
    Format(
        "onnx",
        "ONNX",
        "model.onnx",
        "pipelines.export.writers.onnx_model",
        "pipelines.export.eight_bits.onnx_model",
        packages=("tf2onnx", "onnx", "onnxruntime"),
        for_eight_bits=("sympy",),
        servers=("triton", "openvino_model_server", "kserve"),
    ),
    Format(
        "openvino",
        "OpenVINO's representation",
        "model.xml",
        "pipelines.export.writers.openvino_model",
        "pipelines.export.eight_bits.openvino_model",
        packages=("openvino",),
        for_eight_bits=("nncf",),
        floats=(FLOAT32, FLOAT16),
        servers=("triton", "openvino_model_server"),
    ),
)
PROGRAMS = {row.name: row for row in _ROWS}
# No program, but weights that this project reads back.
HUB = Format(
    "hub",
    "a folder in Hugging Face's form, which `weights` reads back",
    "model.safetensors",
    "pipelines.export.hub_folder",
)
_WEB = dataclasses.replace(
    PROGRAMS["onnx"],
    name="web",
    title="ONNX with a page that runs it in any browser, without a server",
    servers=(),
    page=True,
)
FORMATS = PROGRAMS | {row.name: row for row in (_WEB, HUB)}


def check_format(name: str, precision: str) -> Format:
    """Refuses what cannot be written, or not with what is installed.

    Args:
        name: Of a format in `FORMATS`.
        precision: Of its weights.

    Raises:
        RequestError: Says what can be, or what has to be installed.

    Example:

    ```python
    from pipelines.export.formats import check_format
    assert check_format("savedmodel", "float32").file == "."
    ```
    """
    row = FORMATS[name]
    if precision not in row.precisions:
        takes = [
            each.name
            for each in FORMATS.values()
            if precision in each.precisions
        ]
        raise RequestError(
            f"`precision={precision}` is not for `format={name}`, which is "
            f"written in {', '.join(row.precisions)}. {precision} is for: "
            f"{', '.join(takes)}."
        )
    more = row.for_eight_bits if precision == INT8 else ()
    check_packages(f"`format={name}`", (*row.packages, *more))
    if row.page:
        check_obtainable()
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
            f"{installing('export')}"
        )
